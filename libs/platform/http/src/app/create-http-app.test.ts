import { Lifecycle } from '@causeway/lifecycle';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs } from '@causeway/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpApp, ReadinessChecks } from '../index.js';
import { ItemsModule } from './items.fixture.js';

const logs = captureLogs();
const metrics = createMetrics('test');
const lifecycle = new Lifecycle({ logger: logs.logger });
const readiness = new ReadinessChecks();
let app: NestFastifyApplication;

beforeAll(async () => {
  const options = { name: 'test', logger: logs.logger, metrics, lifecycle, readiness, bodyLimit: 1_000 };
  app = await createHttpApp(ItemsModule, { ...options, trustedProxies: ['10.0.0.0/8'] });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser('application/offset+octet-stream', (_request, payload, done) =>
    done(null, payload),
  );
  fastify.get('/peer', (request, reply) => void reply.send({ ip: request.ip }));
  await app.init();
  await fastify.ready();
});
afterAll(() => app.close());

const post = (url: string, payload: string | Buffer, type = 'application/json') =>
  app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });

describe('error answers', () => {
  it.each([
    ['GET', '/absent', 404, 'not_found'],
    ['GET', '/items/not-a-uuid', 400, 'invalid_request'],
    ['GET', '/items?limit=1000', 400, 'invalid_request'],
    ['GET', '/%zz', 400, 'malformed_request'],
    ['GET', `/items/${'x'.repeat(300)}`, 414, 'uri_too_long'],
    ['GET', '/fail/own', 409, 'opt_in_missing'],
    ['GET', '/fail/plain', 500, 'internal'],
    ['GET', '/fail/text', 500, 'internal'],
    ['GET', '/fail/nothing', 500, 'internal'],
    ['GET', '/fail/framework', 403, 'forbidden'],
    ['GET', '/fail/teapot', 500, 'internal'],
    ['GET', '/fail/down', 503, 'unavailable'],
    ['GET', '/fail/refused', 500, 'internal'],
    ['GET', '/fail/disguised', 500, 'internal'],
  ] as const)('%s %s: %i %s', async (method, url, status, code) => {
    const answer = await app.inject({ method, url });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({
      type: `urn:causeway:error:${code}`,
      status,
      code,
      requestId: expect.any(String),
    });
    expect(answer.body).not.toMatch(/planted|secret|stack|\/src\//);
  });

  it('name the methods that an address has', async () => {
    for (const [method, url, allow] of [
      ['DELETE', '/items', 'GET, HEAD, POST'],
      ['PATCH', '/items/018f2b3c-7d5e-7a10-8b3c-123456789012?x=1', 'GET, HEAD'],
    ] as const) {
      const answer = await app.inject({ method, url });
      expect(answer.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
      expect(answer.headers.allow).toBe(allow);
    }
  });

  it('say when to try again', async () => {
    const answer = await app.inject({ url: '/fail/limited' });
    expect(answer.headers['retry-after']).toBe('2');
  });

  it.each([
    ['{', 'application/json', 400, 'malformed_json'],
    ['', 'application/json', 400, 'malformed_json'],
    ['{"__proto__":{"x":1}}', 'application/json', 400, 'malformed_json'],
    ['{"constructor":{"prototype":{}}}', 'application/json', 400, 'malformed_json'],
    [`{"x":"${'x'.repeat(1_000)}"}`, 'application/json', 413, 'payload_too_large'],
    ['count=1', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['text', 'text/plain', 415, 'unsupported_media_type'],
    ['<a/>', 'application/xml', 415, 'unsupported_media_type'],
    ['{"count":10}', 'application/json', 400, 'invalid_request'],
    ['[]', 'application/json', 400, 'invalid_request'],
    ['null', 'application/json', 400, 'invalid_request'],
  ])('to the body %j of %s: %i %s', async (payload, type, status, code) => {
    const answer = await post('/items', payload, type);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status, code });
  });

  it('say where the input is wrong without repeating it', async () => {
    const answer = await post('/items', JSON.stringify({ count: 'planted', inner: { name: 5 } }));
    expect(answer.json()).toMatchObject({
      fields: [
        { path: 'body.count', problem: 'invalid_type' },
        { path: 'body.inner.name', problem: 'invalid_type' },
      ],
    });
    expect(answer.body).not.toContain('planted');
  });

  it('are logged as errors only when somebody must look', async () => {
    const before = logs.lines.length;
    await app.inject({ url: '/fail/own' });
    expect(logs.lines.length).toBe(before);
    await app.inject({ url: '/fail/down' });
    await app.inject({ url: '/fail/plain' });
    const fields = { route: '/fail/:how', method: 'GET', requestId: expect.any(String) };
    expect(logs.lines.slice(before)).toMatchObject([
      { level: 'warn', fields: { ...fields, code: 'unavailable' } },
      { level: 'error', fields: { ...fields, code: 'internal' } },
    ]);
  });
});

describe('requests', () => {
  it('are validated and converted', async () => {
    expect((await post('/items', '{"count":3}')).json()).toEqual({ count: 3 });
    expect((await app.inject({ url: '/items?limit=5' })).json()).toEqual({ limit: 5 });
  });

  it('keep their trace through the parsing of the body', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { traceparent, 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/items/raw', payload: '{}', headers });
    expect(answer.json()).toEqual({ traceparent, isBody: true });
  });

  it('may have bodies whose parser the service adds', async () => {
    const answer = await post('/items/raw', Buffer.alloc(100), 'application/offset+octet-stream');
    expect(answer.json()).toMatchObject({ isBody: true });
  });

  it('have the id that a trusted proxy gave, and a new one otherwise', async () => {
    const idFrom = async (remoteAddress: string, id: string) =>
      (await app.inject({ url: '/live', remoteAddress, headers: { 'x-request-id': id } })).headers[
        'x-request-id'
      ];
    expect(await idFrom('10.1.2.3', 'abc-1')).toBe('abc-1');
    expect(await idFrom('::ffff:10.1.2.3', 'abc-1')).toBe('abc-1');
    expect(await idFrom('11.1.2.3', 'abc-1')).not.toBe('abc-1');
    expect(await idFrom('10.1.2.3', 'a b')).not.toBe('a b');
    expect(await idFrom('10.1.2.3', 'x'.repeat(65))).toHaveLength(36);
  });

  it('have the forwarded address of a trusted proxy alone', async () => {
    const peer = async (remoteAddress: string, forwarded: string) =>
      (await app.inject({ url: '/peer', remoteAddress, headers: { 'x-forwarded-for': forwarded } })).json<{
        ip: string;
      }>().ip;
    expect(await peer('10.1.2.3', '203.0.113.7')).toBe('203.0.113.7');
    expect(await peer('203.0.113.9', '203.0.113.7')).toBe('203.0.113.9');
    // The client itself can write the left part; the first address that is not a trusted proxy's counts.
    expect(await peer('10.1.2.3', '1.2.3.4, 203.0.113.7, 10.9.9.9')).toBe('203.0.113.7');
  });
});

describe('operations', () => {
  it('is live always, and ready when marked and all checks pass', async () => {
    expect((await app.inject({ url: '/live' })).statusCode).toBe(200);
    expect((await app.inject({ url: '/ready' })).json()).toEqual({ ready: false, failing: ['lifecycle'] });
    lifecycle.markReady();
    expect((await app.inject({ url: '/ready' })).statusCode).toBe(200);
    readiness.add('database', () => Promise.reject(new Error('planted secret')));
    const answer = await app.inject({ url: '/ready' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ ready: false, failing: ['database'] });
    expect((await app.inject({ url: '/live' })).statusCode).toBe(200);
  });

  it('measures by template and class of status', async () => {
    await app.inject({ url: '/items/018f2b3c-7d5e-7a10-8b3c-123456789012' });
    const { body, headers } = await app.inject({ url: '/metrics' });
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toMatch(
      /^causeway_http_request_seconds_count\{[^}]*route="\/items\/:id",status="2xx"[^}]*\} 1$/m,
    );
    expect(body).toContain('route="unmatched",status="4xx"');
    expect(body).not.toContain('018f2b3c');
  });
});
