import { request as httpRequest } from 'node:http';
import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fixed, Lifecycle } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestAuthority, eventually } from '@causeway/testing';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpApp, openClearHttp2 } from '../index.js';
import { ItemsModule } from '../app/items.fixture.js';

const authority = createTestAuthority();
const { certificate, key: privateKey } = authority.issue('webhooks');
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(tls: boolean) {
  const { logger } = captureLogs();
  const lifecycle = new Lifecycle({ logger });
  closers.push(() => lifecycle.drain());
  const app = await createHttpApp(ItemsModule, {
    name: 'test',
    logger,
    metrics: createMetrics('test'),
    lifecycle,
    http2: true,
    bodyLimit: 1_000,
    ...(tls && { tls: fixed({ certificate, privateKey }) }),
  });
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const held: (() => void)[] = [];
  fastify.get('/held', (_request, reply) => void held.push(() => void reply.send('released')));
  fastify.get('/version', (request, reply) => void reply.send({ version: request.raw.httpVersion }));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  lifecycle.markReady();
  return { lifecycle, held, port, fastify };
}

function session(url: string): ClientHttp2Session {
  const client = connect(url, { ca: authority.ca });
  client.on('error', () => undefined);
  closers.push(() => client.destroy());
  return client;
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(client: ClientHttp2Session, headers: object, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ...headers }, { endStream: body === '' });
    let head: IncomingHttpHeaders = {};
    let text = '';
    stream.on('response', (given) => (head = given));
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    stream.on('error', reject).on('end', () => resolve({ headers: head, body: text }));
    if (body !== '') stream.end(body);
  });
}
const get = (client: ClientHttp2Session, path: string) => ask(client, { ':path': path });

function getByHttp1(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ ca: authority.ca });
    const call = httpsRequest({ host: '127.0.0.1', port, path, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve(text));
    });
    call.on('error', reject).end();
  });
}

describe('a listener with TLS', () => {
  it.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1'], 'http/1.1'],
    [['h2'], 'h2'],
  ])('agrees with a client that offers %j on %s', async (offered, agreed) => {
    const { port } = await start(true);
    const socket = connectTls({ host: '127.0.0.1', port, ca: authority.ca, ALPNProtocols: offered });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(socket.alpnProtocol).toBe(agreed);
    socket.destroy();
  });

  it('answers the same by both versions, also what is wrong', async () => {
    const { port } = await start(true);
    const client = session(`https://127.0.0.1:${port}`);
    expect(JSON.parse((await get(client, '/version')).body)).toEqual({ version: '2.0' });
    expect(JSON.parse(await getByHttp1(port, '/version'))).toEqual({ version: '1.1' });
    const missing = await get(client, '/nowhere');
    expect(missing.headers[':status']).toBe(404);
    expect(JSON.parse(missing.body)).toMatchObject({ code: 'not_found' });
  });

  it('bounds bodies and headers by both versions', async () => {
    const { port } = await start(true);
    const client = session(`https://127.0.0.1:${port}`);
    const large = JSON.stringify({ name: 'x'.repeat(2_000) });
    const head = { ':path': '/items', ':method': 'POST', 'content-type': 'application/json' };
    expect((await ask(client, head, large)).headers[':status']).toBe(413);
    const headers = { ':path': '/version', filler: 'x'.repeat(limits.httpHeaderBytes.value + 1) };
    await expect(ask(client, headers)).rejects.toThrow();
    // The process and other connections live on.
    const other = session(`https://127.0.0.1:${port}`);
    expect((await get(other, '/version')).headers[':status']).toBe(200);
  });

  it('takes no more requests at once on a connection than its bound', async () => {
    const { port } = await start(true);
    const client = session(`https://127.0.0.1:${port}`);
    await get(client, '/version');
    expect(client.remoteSettings.maxConcurrentStreams).toBe(limits.http2Streams.value);
  });

  it('lets requests under way end when it drains, and tells the connection to go', async () => {
    const { port, held, lifecycle } = await start(true);
    const client = session(`https://127.0.0.1:${port}`);
    const gone = new Promise<number>((resolve) => client.once('goaway', resolve));
    const answer = get(client, '/held');
    await eventually(() => expect(held).toHaveLength(1));
    const drained = lifecycle.drain();
    await gone;
    held[0]?.();
    expect((await answer).body).toBe('released');
    expect(await drained).toEqual({ clean: true, failed: [] });
  });
});

describe('a port in clear text', () => {
  it('speaks HTTP/2 by prior knowledge, and the other port HTTP/1.1', async () => {
    const { port, fastify, lifecycle } = await start(false);
    const second = await openClearHttp2(fastify, { port: 0, host: '127.0.0.1', lifecycle });
    const client = session(`http://127.0.0.1:${second}`);
    expect(JSON.parse((await get(client, '/version')).body)).toEqual({ version: '2.0' });
    const first = await fetch(`http://127.0.0.1:${port}/version`);
    expect(await first.json()).toEqual({ version: '1.1' });
  });

  it('answers nobody who speaks HTTP/1.1, and lives on', async () => {
    const { fastify, lifecycle } = await start(false);
    const second = await openClearHttp2(fastify, { port: 0, host: '127.0.0.1', lifecycle });
    const call = new Promise((resolve) => {
      httpRequest({ host: '127.0.0.1', port: second }, resolve).on('error', resolve).end();
    });
    expect(await call).toBeInstanceOf(Error);
    expect((await get(session(`http://127.0.0.1:${second}`), '/version')).headers[':status']).toBe(200);
  });

  it('lives through a flood of streams that are begun and taken back', async () => {
    const { fastify, lifecycle } = await start(false);
    const second = await openClearHttp2(fastify, { port: 0, host: '127.0.0.1', lifecycle });
    const flood = session(`http://127.0.0.1:${second}`);
    for (let i = 0; i < 5_000 && !flood.destroyed; i += 1) {
      const stream = flood.request({ ':path': '/version' });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await get(session(`http://127.0.0.1:${second}`), '/version')).headers[':status']).toBe(200);
  });

  it('ends with the drain', async () => {
    const { fastify, lifecycle } = await start(false);
    const second = await openClearHttp2(fastify, { port: 0, host: '127.0.0.1', lifecycle });
    const client = session(`http://127.0.0.1:${second}`);
    await get(client, '/version');
    expect((await lifecycle.drain()).clean).toBe(true);
    await eventually(() => expect(client.closed).toBe(true));
    await expect(get(session(`http://127.0.0.1:${second}`), '/version')).rejects.toThrow();
  });
});
