import type { AddressInfo } from 'node:net';
import type { ServerFrame } from '@causeway/contracts/fanout';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { SteppedClock } from '../testing/stepped-clock.js';
import { DeviceSocket } from './socket.js';

let server: WebSocketServer;
let connections: WebSocket[];
let status: number;
let clock: SteppedClock;
let socket: DeviceSocket;
let told: string[];
let frames: ServerFrame[];

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });

beforeEach(async () => {
  [connections, told, frames, status, clock] = [[], [], [], 0, new SteppedClock()];
  const verifyClient = (_info: unknown, done: (ok: boolean, code?: number) => void) =>
    done(status === 0, status);
  server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    path: '/v1/socket',
    verifyClient,
    autoPong: false,
  });
  server.on('connection', (connection) => connections.push(connection));
  await new Promise((resolve) => server.once('listening', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { base, deviceId: 'd', accessToken: () => 'token', clock, random: () => 1 };
  socket = new DeviceSocket(options, {
    opened: () => told.push('opened'),
    closed: () => told.push('closed'),
    ended: (code) => told.push(code),
    frame: (frame) => frames.push(frame),
  });
});
afterEach(async () => {
  socket.stop();
  for (const connection of connections) connection.terminate();
  await new Promise((resolve) => server.close(resolve));
});

describe('the socket of a device', () => {
  it('waits longer after each failure, up to half a minute', async () => {
    status = 503;
    socket.start();
    for (const wait of [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      await eventually(() => expect(clock.waits).toEqual([wait]));
      clock.advance(wait);
    }
    expect(connections).toEqual([]);
  });

  it('waits short again once a connection was good for half a minute', async () => {
    status = 503;
    socket.start();
    for (const wait of [250, 500]) {
      await eventually(() => expect(clock.waits).toEqual([wait]));
      clock.advance(wait);
    }
    await eventually(() => expect(clock.waits).toEqual([1_000]));
    status = 0;
    clock.advance(1_000);
    await eventually(() => expect(told.at(-1)).toBe('opened'));
    connections[0]?.send('{}');
    clock.advance(31_000);
    connections[0]?.terminate();
    await eventually(() => expect(clock.waits).toEqual([250]));
  });

  it('cuts a connection on which nothing arrives any more', async () => {
    socket.start();
    await eventually(() => expect(told).toEqual(['opened']));
    clock.advance(20_000);
    clock.advance(20_000);
    await eventually(() => expect(told.slice(0, 2)).toEqual(['opened', 'closed']));
  });

  it.each([
    [4409, 'replaced'],
    [4400, 'frame_refused'],
  ])('stays down after close code %i', async (code, reason) => {
    socket.start();
    await eventually(() => expect(connections).toHaveLength(1));
    connections[0]?.close(code);
    await eventually(() => expect(told).toEqual(['opened', 'closed', reason]));
    expect(clock.waits).toEqual([]);
  });

  it('stays down when the provider does not know the device', async () => {
    status = 404;
    socket.start();
    await eventually(() => expect(told).toContain('device_refused'));
    expect(clock.waits).toEqual([]);
  });

  it('passes over what is not of the contract and reads the rest', async () => {
    socket.start();
    await eventually(() => expect(connections).toHaveLength(1));
    const good = { type: 'typing', gatekeeper: 'simulator', typing: { from: 'a@lid', state: 'paused' } };
    const junk = [
      '',
      'x',
      '[]',
      '{"type":"new"}',
      Buffer.from([1, 2]),
      JSON.stringify({ ...good, typing: 1 }),
    ];
    for (const data of junk) connections[0]?.send(data);
    connections[0]?.send(JSON.stringify(good));
    await eventually(() => expect(frames).toEqual([good]));
  });

  it('cuts a connection that sends a frame beyond its limit', async () => {
    socket.start();
    await eventually(() => expect(connections).toHaveLength(1));
    connections[0]?.send('x'.repeat(1024 * 1024 + 1));
    await eventually(() => expect(told).toEqual(['opened', 'closed']));
    expect(clock.waits).toEqual([250]);
  });

  it('sends nothing without a connection, and nothing happens after it was stopped', async () => {
    const frame = {
      type: 'ack' as const,
      gatekeeper: 'simulator' as ServerFrame['gatekeeper'],
      deliveries: ['e.1'],
    };
    expect(socket.send(frame)).toBe(false);
    socket.start();
    await eventually(() => expect(told).toEqual(['opened']));
    expect(socket.send(frame)).toBe(true);
    socket.stop();
    expect(told).toEqual(['opened', 'closed']);
    expect(clock.waits).toEqual([]);
    expect(socket.send(frame)).toBe(false);
  });
});
