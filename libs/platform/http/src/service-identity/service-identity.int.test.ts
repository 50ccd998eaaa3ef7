import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Lifecycle } from '@causeway/lifecycle';
import { limits, rateLimits } from '@causeway/limits';
import { createMetrics, runWithTraceparent } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { base64url, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpApp, InternalClient, issueServiceToken, ServiceTokenVerifier } from '../index.js';
import { InternalModule, serviceKeys } from './internal.fixture.js';

const { privateJwks, keys } = serviceKeys('session.1', 'keys.1', 'fanout', 'session.2');
const jwk = (kid: string) => privateJwks[kid] ?? {};
const clock = new FakeClock();
const used = new Set<string>();
let memory: 'answers' | 'away' = 'answers';
const firstUse = async (id: string) => memory === 'answers' && used.size < used.add(id).size;
const { logger } = captureLogs();
const lifecycle = new Lifecycle({ logger });
let baseUrl: string;

beforeAll(async () => {
  const module = InternalModule.with(
    new ServiceTokenVerifier({ audience: 'accounts', keys: () => keys, firstUse, clock }),
  );
  const app = await createHttpApp(module, {
    name: 'accounts',
    logger,
    metrics: createMetrics('accounts'),
    lifecycle,
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/slow', () => new Promise(() => undefined));
  await app.listen(0, '127.0.0.1');
  baseUrl = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`;
});
afterAll(() => lifecycle.drain());

const get = async (path: string, token?: string) => {
  const answer = await fetch(
    baseUrl + path,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const tokenOf = (kid: string, service: string, audience = 'accounts') =>
  issueServiceToken({ privateJwk: jwk(kid), service, audience, clock });

describe('services', () => {
  it('are known by their token, also after their key was rotated', async () => {
    for (const kid of ['session.1', 'session.2']) {
      expect(await get('/internal/who', await tokenOf(kid, 'session'))).toEqual({
        status: 200,
        body: { service: 'session' },
      });
    }
    expect((await get('/internal/others', await tokenOf('fanout', 'fanout'))).status).toBe(200);
  });

  it('get in only where they are named; a handler’s list replaces its controller’s', async () => {
    for (const [path, kid, service] of [
      ['/internal/who', 'keys.1', 'keys'],
      ['/internal/others', 'session.1', 'session'],
      ['/unmarked/nobody', 'session.1', 'session'],
    ] as const) {
      expect(await get(path, await tokenOf(kid, service))).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    }
  });

  it('cannot sign in the name of another, for another audience, or with a foreign key', async () => {
    const foreign = serviceKeys('session.1').privateJwks['session.1'] ?? {};
    const now = Math.floor(clock.now() / 1_000);
    const key = await importJWK(jwk('session.1'), 'EdDSA');
    const own = (header: object, claims: object) =>
      new SignJWT({
        iss: 'session',
        sub: 'session',
        aud: 'accounts',
        jti: 'x',
        iat: now,
        exp: now + 60,
        ...claims,
      })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'session.1', typ: 'causeway-service+jwt', ...header })
        .sign(key);
    expect((await get('/internal/who', await own({}, {}))).status).toBe(200);
    const attacks = {
      anotherName: await tokenOf('keys.1', 'session'),
      prefixOfAName: await tokenOf('session.1', 'sess'),
      audience: await tokenOf('session.1', 'session', 'keys'),
      foreignKey: await issueServiceToken({
        privateJwk: foreign,
        service: 'session',
        audience: 'accounts',
        clock,
      }),
      accessTokenType: await own({ typ: 'JWT' }, {}),
      subjectNotIssuer: await own({}, { sub: 'keys' }),
      longLived: await own({}, { iat: now - 200, exp: now + 86_400 }),
      withoutId: await own({}, { jti: undefined }),
      noExpiry: await own({}, { exp: undefined }),
      future: await own({}, { iat: now + 100, exp: now + 160 }),
      none: `${base64url.encode('{"alg":"none","typ":"causeway-service+jwt"}')}.${base64url.encode('{"iss":"session"}')}.`,
      empty: '',
      long: 'x'.repeat(9_000),
    };
    for (const [name, token] of Object.entries(attacks)) {
      expect(await get('/internal/who', token), name).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      });
    }
    expect((await get('/internal/who')).status).toBe(401);
  });

  it('open a route for single use once with each token, also when they call twice at once', async () => {
    const refused = { status: 401, body: { code: 'service_token_used' } };
    const token = await tokenOf('session.1', 'session');
    const both = await Promise.all([get('/internal/once', token), get('/internal/once', token)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(await get('/internal/once', token)).toMatchObject(refused);
    expect((await get('/internal/who', token)).status).toBe(200);
    expect((await get('/internal/once', await tokenOf('session.2', 'session'))).status).toBe(200);
    const bucket = 1 / rateLimits.serviceTokenUse.refillPerSecond;
    const longest = 2 * limits.serviceTokenSeconds.value + 2 * limits.tokenClockToleranceSeconds.value;
    expect(bucket).toBeGreaterThan(longest);
  });

  it('do not spend the token of whom the route does not name, and nobody gets in without a memory of uses', async () => {
    const token = await tokenOf('keys.1', 'keys');
    expect((await get('/internal/once', token)).status).toBe(403);
    expect([...used].some((id) => id.startsWith('keys'))).toBe(false);
    memory = 'away';
    const untold = await get('/internal/once', await tokenOf('session.1', 'session'));
    expect(untold).toMatchObject({ status: 401, body: { code: 'service_token_used' } });
    memory = 'answers';
  });

  it('are refused when their token has expired', async () => {
    const token = await tokenOf('session.1', 'session');
    await clock.advance(89_000);
    expect((await get('/internal/who', token)).status).toBe(200);
    await clock.advance(2_000);
    expect((await get('/internal/who', token)).status).toBe(401);
  });

  it('and callers are not made up where a guard is missing', async () => {
    expect((await get('/unmarked/unguarded-service')).status).toBe(401);
    expect((await get('/unmarked/unguarded-caller')).status).toBe(401);
  });
});

describe('InternalClient', () => {
  const open = (url = baseUrl) =>
    new InternalClient({
      baseUrl: url,
      audience: 'accounts',
      service: 'session',
      credentials: () => ({ privateJwk: jwk('session.1') }),
      clock,
    });
  const who = { method: 'GET', path: '/internal/who', schema: z.object({ service: z.string() }) } as const;

  it('calls under its own name, for longer than one token lives', async () => {
    const client = open();
    expect(await client.request(who)).toEqual({ service: 'session' });
    await clock.advance(3_600_000);
    expect(await client.request(who)).toEqual({ service: 'session' });
    expect(
      await client.request({ ...who, path: '/internal/nothing', schema: z.undefined() }),
    ).toBeUndefined();
    await client.close();
  });

  it('gives the other side’s code and status', async () => {
    const client = open();
    for (const [path, code, status, retryable] of [
      ['/internal/refusal', 'opt_in_missing', 409, false],
      ['/internal/others', 'forbidden', 403, false],
      ['/absent', 'not_found', 404, false],
      ['/internal/odd', 'service_answer', 0, false],
    ] as const) {
      const failure = expect(client.request({ ...who, path })).rejects;
      await failure.toMatchObject({ name: 'RemoteError', code, status, service: 'accounts', retryable });
    }
    await client.close();
  });

  it('gives up at its deadline and when nobody listens', async () => {
    const client = open();
    const slow = client.request({ ...who, path: '/slow', deadlineMs: 50 });
    const outcome = expect(slow).rejects.toMatchObject({
      code: 'service_timeout',
      status: 0,
      retryable: true,
    });
    await clock.advance(50);
    await outcome;
    await client.close();
    const nobody = open('http://127.0.0.1:1');
    await expect(nobody.request(who)).rejects.toMatchObject({ code: 'service_unreachable', retryable: true });
    await nobody.close();
  });

  it('bounds answers, refuses what is not JSON and passes the trace on', async () => {
    let seen: string | undefined;
    const server = createServer((request, response) => {
      seen = request.headers['traceparent'] as string | undefined;
      if (request.url === '/large') response.end('1'.repeat(2_000_000));
      else response.end('<html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const odd = runWithTraceparent(traceparent, () => client.request({ ...who, path: '/odd' }));
    await expect(odd).rejects.toMatchObject({ code: 'service_answer' });
    expect(seen).toBe(traceparent);
    await expect(client.request({ ...who, path: '/large' })).rejects.toMatchObject({
      code: 'service_unreachable',
    });
    await client.close();
    server.close();
  });
});
