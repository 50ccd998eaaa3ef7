import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { limits } from '@causeway/limits';
import { eventually, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClearServer } from './servers.js';

const closers: (() => unknown)[] = [];
let clock: FakeClock;
let port: number;
/** Requests that wait to be answered, as they came. */
let held: ServerResponse[];
let begun: number;

beforeEach(async () => {
  clock = new FakeClock();
  [held, begun] = [[], 0];
  const server = createClearServer((request: IncomingMessage, response: ServerResponse) => {
    begun += 1;
    if (request.url === '/held') held.push(response);
    else request.resume().on('end', () => response.end('answered'));
  }, clock);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  closers.push(() => server.close());
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function session(): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  client.on('error', () => undefined);
  closers.push(() => client.destroy());
  return client;
}

/** @returns the body, or undefined of a request that got no answer */
function answerOf(stream: ClientHttp2Stream): Promise<string | undefined> {
  let [text, answered] = ['', false];
  stream.on('response', () => (answered = true)).on('error', () => undefined);
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve) => stream.on('close', () => resolve(answered ? text : undefined)));
}
const get = (client: ClientHttp2Session, path = '/', headers: object = {}) =>
  answerOf(client.request({ ':path': path, ...headers }));
const gone = (client: ClientHttp2Session) =>
  new Promise<number>((resolve) => client.once('goaway', (code) => resolve(code)));
const others = async () => expect(await get(session())).toBe('answered');

describe('a connection of HTTP/2', () => {
  it('is told to go after its share of requests, all of which are answered', async () => {
    const client = session();
    const told = gone(client);
    for (let sent = 1; sent < limits.httpRequestsPerSocket.value; sent += 1) {
      expect(await get(client)).toBe('answered');
    }
    expect(client.closed).toBe(false);
    expect(await get(client)).toBe('answered');
    expect(await told).toBe(constants.NGHTTP2_NO_ERROR);
    await eventually(() => expect(client.destroyed).toBe(true));
    await others();
  });

  it('is told to go when it is old, and a request under way ends', async () => {
    const client = session();
    const told = gone(client);
    const answer = get(client, '/held');
    await eventually(() => expect(held).toHaveLength(1));
    await clock.advance(limits.http2SessionMs.value - 1);
    expect(client.closed).toBe(false);
    await clock.advance(1);
    expect(await told).toBe(constants.NGHTTP2_NO_ERROR);
    held[0]?.end('late');
    expect(await answer).toBe('late');
    await eventually(() => expect(client.destroyed).toBe(true));
  });

  it('is cut when a request under way does not end by then', async () => {
    const client = session();
    const told = gone(client);
    const answer = get(client, '/held');
    await eventually(() => expect(held).toHaveLength(1));
    await clock.advance(limits.http2SessionMs.value);
    await told;
    await clock.advance(limits.httpRequestMs.value);
    expect(await answer).toBeUndefined();
    await eventually(() => expect(client.destroyed).toBe(true));
  });

  it('is cut when it takes back more requests than its bound, and one that takes back fewer lives on', async () => {
    const patient = session();
    for (let taken = 0; taken < limits.http2ResetItems.value / 2; taken += 1) await takeBack(patient);
    expect(await get(patient)).toBe('answered');
    const rapid = session();
    const before = held.length;
    const told = gone(rapid);
    const most = limits.http2ResetItems.value * 2;
    for (let taken = 0; taken < most && !rapid.destroyed; taken += 1) await takeBack(rapid);
    expect(await told).not.toBe(constants.NGHTTP2_NO_ERROR);
    await eventually(() => expect(rapid.destroyed).toBe(true));
    expect(held.length - before).toBeLessThan(most);
    await others();
  });

  it('refuses what is more than it may have under way, whatever the other side was told', async () => {
    const socket = connectTcp(port, '127.0.0.1');
    closers.push(() => socket.destroy());
    const received: Buffer[] = [];
    socket.on('data', (chunk) => received.push(chunk));
    const streams = Array.from({ length: limits.http2Streams.value + 5 }, (_, index) =>
      getHeld(index * 2 + 1),
    );
    socket.write(Buffer.concat([PREFACE, frame(4, 0, 0), ...streams]));
    const refused = () => framesOf(Buffer.concat(received)).filter(({ type }) => type === RST_STREAM);
    await eventually(() => expect(refused()).toHaveLength(5));
    expect(refused().map(({ code }) => code)).toEqual(Array(5).fill(constants.NGHTTP2_REFUSED_STREAM));
    expect(held).toHaveLength(limits.http2Streams.value);
  });

  it('is cut when its frames are not what HTTP/2 allows, once there are too many', async () => {
    const socket = connectTcp(port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    closers.push(() => socket.destroy());
    // Requests that name no host (RFC 9113, 8.3.1).
    const headers = Buffer.from([0x82, 0x86, 0x84]);
    const most = limits.http2InvalidFrames.value + 2;
    const streams = Array.from({ length: most }, (_, index) => frame(1, 0x5, index * 2 + 1, headers));
    socket.resume().write(Buffer.concat([PREFACE, frame(4, 0, 0), ...streams]));
    await closed;
    expect(begun).toBe(0);
    await others();
  });
});

describe('a request over HTTP/2', () => {
  it('must have arrived in time, even when something of it comes all the time', async () => {
    const stream = session().request({ ':path': '/', ':method': 'POST' });
    const answer = answerOf(stream);
    stream.write('x');
    await eventually(() => expect(begun).toBe(1));
    const dripped = limits.httpRequestMs.value / 1_000;
    for (let second = 1; second < dripped; second += 1) {
      await new Promise((resolve) => stream.write('x', resolve));
      await clock.advance(1_000);
    }
    expect(stream.closed).toBe(false);
    await clock.advance(1_000);
    expect(await answer).toBeUndefined();
    await others();
  });

  it.each(['GET', 'POST'])(
    'that has arrived (%s) may be answered later than that, read or not',
    async (method) => {
      const stream = session().request({ ':path': '/held', ':method': method });
      const answer = answerOf(stream);
      stream.end(method === 'POST' ? 'body' : undefined);
      await eventually(() => expect(held).toHaveLength(1));
      // Its end comes behind it on the same connection.
      await new Promise((resolve) => stream.session?.ping(resolve));
      await clock.advance(limits.httpRequestMs.value);
      held[0]?.end('late');
      expect(await answer).toBe('late');
    },
  );

  it('has no more headers than its bound', async () => {
    const client = session();
    const headers = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));
    // Four stand for the request line.
    const most = limits.http2HeaderItems.value - 4;
    expect(await get(client, '/', headers(most))).toBe('answered');
    expect(await get(client, '/', headers(most + 1))).toBeUndefined();
    await others();
  });
});

/** Begins a request and takes it back once it is under way. */
async function takeBack(client: ClientHttp2Session): Promise<void> {
  if (client.destroyed || client.closed) return;
  const before = held.length;
  const stream = client.request({ ':path': '/held' });
  const closed = new Promise((resolve) => stream.on('error', () => undefined).on('close', resolve));
  await eventually(() => expect(held.length > before || client.destroyed || client.closed).toBe(true), {
    everyMs: 1,
  });
  stream.close(constants.NGHTTP2_CANCEL);
  await closed;
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const RST_STREAM = 3;

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** `GET /held`, by the static table of RFC 7541 and two literals; the end of headers and of the stream. */
function getHeld(stream: number): Buffer {
  const literal = (name: number, value: string) => [Buffer.from([name, value.length]), Buffer.from(value)];
  const headers = [Buffer.from([0x82, 0x86]), ...literal(0x01, 'a'), ...literal(0x04, '/held')];
  return frame(1, 0x5, stream, Buffer.concat(headers));
}

function framesOf(bytes: Buffer): { readonly type: number; readonly code: number }[] {
  const frames = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const type = bytes.readUInt8(at + 3);
    frames.push({ type, code: type === RST_STREAM ? bytes.readUInt32BE(at + 9) : 0 });
  }
  return frames;
}
