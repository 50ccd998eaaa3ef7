import { connect } from 'node:net';
import { Lifecycle } from '@causeway/lifecycle';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, eventually } from '@causeway/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpApp } from '../index.js';
import { ItemsModule } from './items.fixture.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(requestTimeoutMs?: number) {
  const { logger } = captureLogs();
  const lifecycle = new Lifecycle({ logger });
  const metrics = createMetrics('test');
  const options = { name: 'test', logger, metrics, lifecycle };
  const app = await createHttpApp(ItemsModule, {
    ...options,
    ...(requestTimeoutMs ? { requestTimeoutMs } : {}),
  });
  const held: (() => void)[] = [];
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/held', (_request, reply) => void held.push(() => void reply.send('released')));
  await app.listen(0, '127.0.0.1');
  closers.push(() => lifecycle.drain());
  const { port } = fastify.server.address() as { port: number };
  return { lifecycle, port, held, server: fastify.server, url: `http://127.0.0.1:${port}` };
}

/** Sends bytes and gives everything that comes until the connection ends. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

describe('bytes that are not a proper request', () => {
  it.each([
    ['nonsense\r\n\r\n', 'HTTP/1.1 400', 'malformed_request'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'HTTP/1.1 431', 'headers_too_large'],
    [
      'POST /items HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      'HTTP/1.1 400',
      'malformed_request',
    ],
    [
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'HTTP/1.1 400',
      'malformed_request',
    ],
  ])('are answered with a code and the end of the connection', async (bytes, head, code) => {
    const { port } = await start();
    const answer = await exchange(port, bytes);
    expect(answer.startsWith(head)).toBe(true);
    expect(answer).toContain(`"code":"${code}"`);
  });

  it('a body beyond the bound ends the connection, so that its rest is no request', async () => {
    const { port } = await start();
    const head =
      'POST /items HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n';
    const answer = await exchange(port, `${head}{`);
    expect(answer).toContain('payload_too_large');
    expect(answer.toLowerCase()).toContain('connection: close');
  });
});

describe('drain', () => {
  it('takes no new connection, lets requests under way end and closes their connections', async () => {
    const { lifecycle, port, held, url } = await start();
    const answer = fetch(`${url}/held`);
    await eventually(() => expect(held).toHaveLength(1));
    let drained = false;
    const drain = lifecycle.drain().then((report) => ((drained = true), report));
    await expect(exchange(port, 'GET /live HTTP/1.1\r\n\r\n')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(drained).toBe(false);
    held[0]?.();
    expect(await (await answer).text()).toBe('released');
    expect(await drain).toEqual({ clean: true, failed: [] });
  });

  it('does not wait for a caller that went away', async () => {
    const { lifecycle, held, url } = await start();
    const leaving = new AbortController();
    const answer = fetch(`${url}/held`, { signal: leaving.signal }).catch(() => 'left');
    await eventually(() => expect(held).toHaveLength(1));
    const drain = lifecycle.drain();
    leaving.abort();
    expect(await answer).toBe('left');
    expect((await drain).clean).toBe(true);
  });

  it('does not wait for idle connections', async () => {
    const { lifecycle, url, server } = await start();
    await (await fetch(`${url}/live`)).text();
    expect((await lifecycle.drain()).clean).toBe(true);
    expect(server.listening).toBe(false);
  });
});
