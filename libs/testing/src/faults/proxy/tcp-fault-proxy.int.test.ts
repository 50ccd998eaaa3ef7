import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../index.js';
import { SeededRandom, seeded, TcpFaultProxy } from '../index.js';

let echo: Server;
let target: { host: string; port: number };
let proxy: TcpFaultProxy;
/** Sockets that the engine behind the proxy has. */
let taken: Socket[];
let opened: Socket[];

beforeEach(async () => {
  taken = [];
  opened = [];
  echo = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    taken.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  target = { host: '127.0.0.1', port: (echo.address() as AddressInfo).port };
  proxy = await TcpFaultProxy.open({ target });
});

afterEach(async () => {
  for (const socket of [...opened, ...taken]) socket.destroy();
  await proxy.close();
  echo.close();
});

async function dial(): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true, noDelay: true });
  opened.push(socket);
  // It may be reset before anybody asks what became of it.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What comes back of one message. */
async function exchange(socket: Socket, message: string): Promise<string> {
  socket.write(message);
  let answer = '';
  while (answer.length < message.length) answer += String((await once(socket, 'data'))[0]);
  return answer;
}

const outcome = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    const failed = (error: Error): void => resolve('code' in error ? String(error.code) : error.message);
    if (socket.errored !== null) failed(socket.errored);
    socket.on('error', failed);
    socket.on('end', () => resolve('end'));
  });

describe('TcpFaultProxy', () => {
  it('passes everything on in order, and the end of each direction by itself', async () => {
    const socket = await dial();
    const sent = 'abcdefghij'.repeat(200_000);
    socket.end(sent);
    expect((await text(socket)) === sent).toBe(true);
    await eventually(() => expect(proxy.size).toBe(0));
  });

  it(
    'delays, slows and slices without touching the bytes or their order',
    seeded(async (random: SeededRandom) => {
      await proxy.close();
      proxy = await TcpFaultProxy.open({ target, random: () => random.next() });
      proxy.disturb('up', { latencyMs: 60, jitterMs: 40, slice: true });
      proxy.disturb('down', { bytesPerSecond: 10_000 });
      const socket = await dial();
      const began = performance.now();
      const sent = Array.from({ length: 300 }, () => random.int(1_000_000, 9_999_999)).join('');
      expect(await exchange(socket, sent)).toBe(sent);
      // 2,100 bytes at 10,000 a second, behind at least 20 ms.
      expect(performance.now() - began).toBeGreaterThan(200);
    }),
  );

  it('cuts slices of 1 to 7 bytes', async () => {
    proxy.disturb('up', { slice: true, latencyMs: 1 });
    const socket = await dial();
    const pieces: number[] = [];
    await eventually(() => expect(taken).toHaveLength(1));
    taken[0]?.on('data', (piece: Buffer) => pieces.push(piece.length));
    await exchange(socket, 'x'.repeat(500));
    // The system may join some of them again.
    expect(pieces.length).toBeGreaterThan(20);
    expect(Math.min(...pieces)).toBeLessThanOrEqual(7);
  });

  it('resets both ends when it is told to, and after so many bytes', async () => {
    const one = await dial();
    await exchange(one, 'here');
    proxy.cut();
    expect(await outcome(one)).toBe('ECONNRESET');
    await eventually(() => expect(taken[0]?.destroyed).toBe(true));
    const two = await dial();
    await exchange(two, 'here');
    let passed = '';
    taken[1]?.on('data', (piece: Buffer) => (passed += String(piece)));
    proxy.disturb('up', { cutAfterBytes: 10 });
    two.write('0123456789abcdef');
    expect(await outcome(two)).toBe('ECONNRESET');
    await eventually(() => expect(passed).toBe('0123456789'));
    expect(proxy.size).toBe(0);
  });

  it('passes nothing in a black hole, neither bytes nor an end, and all of it afterwards', async () => {
    const before = await dial();
    await exchange(before, 'here');
    proxy.blackHole();
    const meanwhile = await dial();
    before.write('one');
    meanwhile.write('two');
    const silent: string[] = [];
    for (const socket of [before, meanwhile]) socket.once('data', () => silent.push('said something'));
    taken[0]?.destroy();
    const ended = outcome(before);
    // What was sent has come as far as the proxy.
    await eventually(() => expect(proxy.held).toBeGreaterThanOrEqual('one'.length));
    expect({ silent, engine: taken.length }).toEqual({ silent: [], engine: 1 });
    await proxy.heal();
    expect(await ended).toMatch(/^(end|ECONNRESET)$/);
    await eventually(() => expect(silent).toEqual(['said something']));
  });

  it('goes on in one direction while the other is a black hole', async () => {
    const socket = await dial();
    await exchange(socket, 'here');
    proxy.disturb('down', { blackHole: true });
    let passed = '';
    taken[0]?.on('data', (piece: Buffer) => (passed += String(piece)));
    socket.write('heard');
    await eventually(() => expect(passed).toBe('heard'));
    await proxy.heal();
    expect(String((await once(socket, 'data'))[0])).toBe('heard');
  });

  it('refuses new connections while open ones go on, and accepts at the same port again', async () => {
    const before = await dial();
    await exchange(before, 'here');
    const { port } = proxy;
    await proxy.refuse();
    const refused = connect(port, proxy.host);
    expect(await outcome(refused)).toBe('ECONNREFUSED');
    expect(await exchange(before, 'still')).toBe('still');
    await proxy.heal();
    expect(proxy.port).toBe(port);
    expect(await exchange(await dial(), 'again')).toBe('again');
  });

  it('sends new connections elsewhere, and leaves open ones where they are', async () => {
    const before = await dial();
    await exchange(before, 'here');
    const other = createServer((socket) => socket.on('error', () => undefined).end('other')).listen(0);
    await once(other, 'listening');
    proxy.aim({ host: '127.0.0.1', port: (other.address() as AddressInfo).port });
    expect(await text(await dial())).toBe('other');
    expect(await exchange(before, 'still')).toBe('still');
    other.close();
  });

  it('resets a connection whose engine is not there', async () => {
    echo.close();
    expect(await outcome(await dial())).toBe('ECONNRESET');
  });

  it('holds little of what a sender pushes into a black hole', async () => {
    const socket = await dial();
    await exchange(socket, 'here');
    proxy.disturb('up', { blackHole: true });
    let taking = 0;
    const chunk = Buffer.alloc(64 * 1024);
    for (let n = 0; n < 500; n++) socket.write(chunk, () => (taking += 1));
    let before = { held: 0, taking: -1 };
    // Nothing moves any more: neither into the proxy nor out of the sender.
    await eventually(
      () => {
        const now = { held: proxy.held, taking };
        const still = now.held === before.held && now.taking === before.taking;
        before = now;
        expect(still && now.held > 0).toBe(true);
      },
      { everyMs: 50 },
    );
    expect(proxy.held).toBeLessThanOrEqual(512 * 1024);
    expect(taking).toBeLessThan(500);
  });
});
