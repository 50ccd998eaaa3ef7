import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { captureLogs, eventually, FakeClock } from '@causeway/testing';
import { base64url, exportSPKI, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessTokenVerifier, createEgress, type Egress } from '../index.js';

const issuer = 'https://id.example.org';
const startMs = 1_750_000_000_000;
const now = startMs / 1_000;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });

let server: Server;
let port: number;
let fetches: string[] = [];
let silent = false;
let answer: () => { status: number; body: string };
let egress: Egress;
let clock: FakeClock;
let verifier: AccessTokenVerifier;

const publicJwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' });
const jwks =
  (...keys: object[]) =>
  () => ({ status: 200, body: JSON.stringify({ keys }) });
const allKeys = () => [
  publicJwk(rsa.publicKey, 'r1'),
  publicJwk(ec.publicKey, 'e1'),
  publicJwk(ed.publicKey, 'd1'),
];

beforeAll(async () => {
  server = createServer((request, response) => {
    fetches.push(request.url ?? '');
    if (silent) return;
    const { status, body } = answer();
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  egress = createEgress({ allowedHosts: [`127.0.0.1:${port}`], allowPrivateAddresses: true });
});
afterAll(async () => {
  server.closeAllConnections();
  await egress.close();
  server.close();
});
beforeEach(() => {
  fetches = [];
  silent = false;
  answer = jwks(...allKeys());
  clock = new FakeClock(startMs);
  const { logger } = captureLogs();
  const jwksUrl = `http://127.0.0.1:${port}/jwks`;
  verifier = new AccessTokenVerifier({ issuer, audience: 'causeway', jwksUrl, egress, clock, logger });
});

const goodHeader: JWTHeaderParameters = { alg: 'RS256', kid: 'r1' };
const goodClaims: JWTPayload = { iss: issuer, aud: 'causeway', sub: 'user-1', exp: now + 300, iat: now };

function sign(
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
  key: KeyObject | Uint8Array = rsa.privateKey,
) {
  const payload = Object.fromEntries(
    Object.entries({ ...goodClaims, ...claims }).filter(([, value]) => value !== undefined),
  );
  return new SignJWT(payload).setProtectedHeader({ ...goodHeader, ...header }).sign(key);
}

const unsigned = (header: object, claims: object = goodClaims, signature = '') =>
  `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims))}.${signature}`;

describe('acceptable tokens', () => {
  it.each([
    ['RS256', 'r1', rsa],
    ['ES256', 'e1', ec],
    ['EdDSA', 'd1', ed],
  ] as const)('signed with %s give the caller', async (alg, kid, { privateKey }) => {
    const claims = {
      email: 'a@example.org',
      email_verified: true,
      phone_number: 5,
      auth_time: now,
      role: 'admin',
    };
    const caller = await verifier.verify(await sign(claims, { alg, kid }, privateKey));
    expect(caller.subjectHash).toEqual(createHash('sha256').update(`${issuer}\nuser-1`).digest());
    expect(caller.claims).toEqual({ email: 'a@example.org', email_verified: true, auth_time: now });
    expect(caller.expiresAt).toBe((now + 300) * 1_000);
    expect(caller.issuedAt).toBe(now * 1_000);
  });

  it('may be of type at+jwt, of several audiences, and half a minute beyond either end', async () => {
    await verifier.verify(await sign({ aud: ['other', 'causeway'] }, { typ: 'at+jwt' }));
    await verifier.verify(await sign({ exp: now - 29, nbf: now + 29 }));
  });
});

describe('a token of the provider’s backend', () => {
  it.each<[string, unknown, string[]]>([
    [
      'a text',
      'openid causeway:users:read causeway:users:write',
      ['causeway:users:read', 'causeway:users:write'],
    ],
    ['a list', ['causeway:users:read', 5, 'admin'], ['causeway:users:read']],
  ])('names its rights in %s, and is no user’s', async (_what, scope, rights) => {
    const token = await sign({ scope, sub: 'client-1' });
    const backend = await verifier.verifyBackend(token);
    expect([...(backend.rights as Set<string>)]).toEqual(rights);
    expect(backend.client).toMatch(/^[\w-]{16}$/);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it.each([undefined, 'openid profile', ['admin'], { causeway: 'users' }, 'xcauseway:users:read'])(
    'is none with the scope %j',
    async (scope) => {
      const token = await sign({ scope });
      await expect(verifier.verifyBackend(token)).rejects.toMatchObject({ code: 'forbidden' });
      await verifier.verify(token);
    },
  );

  it('is checked as every other one', async () => {
    const token = await sign({ scope: 'causeway:users:read', aud: 'other' });
    await expect(verifier.verifyBackend(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('attacks', () => {
  const secret = new TextEncoder().encode('a shared secret of sufficient length');
  const attacks: Record<string, () => Promise<string> | string> = {
    'alg none': () => unsigned({ alg: 'none' }),
    'alg none with a key id': () => unsigned({ alg: 'none', kid: 'r1' }),
    'alg NonE': () => unsigned({ alg: 'NonE', kid: 'r1' }),
    'HS256 with the public key as its secret': async () =>
      sign({}, { alg: 'HS256' }, new TextEncoder().encode(await exportSPKI(await importable()))),
    'HS256 with some secret': () => sign({}, { alg: 'HS256' }, secret),
    'RS512, which is not in the list': () => sign({}, { alg: 'RS512' }),
    'PS256, which is not in the list': () => sign({}, { alg: 'PS256' }),
    'key of another type': () => sign({}, { alg: 'ES256', kid: 'r1' }, ec.privateKey),
    'foreign key under a known id': () => sign({}, {}, foreign.privateKey),
    'unknown key id': () => sign({}, { kid: 'unknown' }, foreign.privateKey),
    'key id as a path': () => sign({}, { kid: '../../dev/null' }, foreign.privateKey),
    'key in the header': () =>
      sign({}, { kid: 'x', jwk: publicJwk(foreign.publicKey, 'x') as never }, foreign.privateKey),
    'key set address in the header': () =>
      sign({}, { kid: 'x', jku: `http://127.0.0.1:${port}/evil` }, foreign.privateKey),
    'certificate address in the header': () =>
      sign({}, { kid: 'x', x5u: `http://127.0.0.1:${port}/evil` }, foreign.privateKey),
    'unknown critical header': () =>
      unsigned({ alg: 'RS256', kid: 'r1', crit: ['x'], x: 1 }, goodClaims, 'AAAA'),
    'another issuer': () => sign({ iss: 'https://evil.example' }),
    'issuer with a slash': () => sign({ iss: `${issuer}/` }),
    'no issuer': () => sign({ iss: undefined as never }),
    'another audience': () => sign({ aud: 'other' }),
    'no audience': () => sign({ aud: undefined as never }),
    'not valid yet': () => sign({ nbf: now + 31 }),
    'no expiry': () => sign({ exp: undefined as never }),
    'no subject': () => sign({ sub: undefined as never }),
    'empty subject': () => sign({ sub: '' }),
    'endless subject': () => sign({ sub: 'x'.repeat(256) }),
    'expiry as a text': () => sign({ exp: `${now + 300}` as never }),
    'a service token type': () => sign({}, { typ: 'causeway-service+jwt' }),
    'an empty text': () => '',
    'dots alone': () => '..',
    'five parts': () => 'a.b.c.d.e',
    'beyond 8 KiB': () => sign({ filler: 'x'.repeat(9_000) }),
    'a changed claim': async () => {
      const [head, , signature] = (await sign()).split('.');
      return `${head}.${base64url.encode(JSON.stringify({ ...goodClaims, sub: 'user-2' }))}.${signature}`;
    },
  };
  const importable = () =>
    crypto.subtle.importKey(
      'jwk',
      rsa.publicKey.export({ format: 'jwk' }),
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      true,
      ['verify'],
    );

  it.each(Object.keys(attacks))('%s', async (name) => {
    const token = await attacks[name]?.();
    await expect(verifier.verify(token ?? '')).rejects.toMatchObject({
      name: 'AppError',
      code: 'unauthenticated',
      status: 401,
    });
    expect(fetches.every((path) => path === '/jwks')).toBe(true);
    expect(fetches.length).toBeLessThanOrEqual(1);
  });

  it('an expired token is named as such', async () => {
    await expect(verifier.verify(await sign({ exp: now - 31 }))).rejects.toMatchObject({
      code: 'token_expired',
    });
  });
});

describe('key set', () => {
  it('is fetched once for many tokens, also at the same time', async () => {
    const token = await sign();
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)));
    expect(fetches).toHaveLength(1);
  });

  it('a flood of unknown key ids causes one fetch in 30 seconds', async () => {
    await verifier.verify(await sign());
    await clock.advance(30_000);
    const flood = await Promise.all(Array.from({ length: 50 }, (_, index) => sign({}, { kid: `k${index}` })));
    await Promise.allSettled(flood.map((token) => verifier.verify(token)));
    await Promise.allSettled(flood.map((token) => verifier.verify(token)));
    expect(fetches).toHaveLength(2);
  });

  it('takes up a rotated key', async () => {
    await verifier.verify(await sign());
    answer = jwks(publicJwk(foreign.publicKey, 'r2'));
    const token = await sign({}, { kid: 'r2' }, foreign.privateKey);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
    await clock.advance(30_000);
    await verifier.verify(token);
    await expect(verifier.verify(await sign())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each([
    ['an error', () => ({ status: 500, body: '' })],
    ['no JSON', () => ({ status: 200, body: '<html>' })],
    ['another form', () => ({ status: 200, body: '{"keys":5}' })],
    [
      'too much',
      () => ({ status: 200, body: JSON.stringify({ keys: allKeys(), filler: 'x'.repeat(70_000) }) }),
    ],
    ['a redirect', () => ({ status: 302, body: '' })],
  ])('stays the last good one when the issuer answers with %s', async (_name, bad) => {
    const token = await sign({ exp: now + 3_600 });
    await verifier.verify(token);
    answer = bad;
    await clock.advance(600_000);
    await verifier.verify(token);
    await eventually(() => expect(fetches).toHaveLength(2));
    await verifier.verify(token);
    expect(fetches).toHaveLength(2);
  });

  it('stays in use without a wait while the issuer does not answer at all', async () => {
    const token = await sign({ exp: now + 3_600 });
    await verifier.verify(token);
    silent = true;
    await clock.advance(600_000);
    await verifier.verify(token);
    await eventually(() => expect(fetches).toHaveLength(2));
    await verifier.verify(token);
  });

  it('that was never had is our fault, not the caller’s', async () => {
    answer = () => ({ status: 500, body: '' });
    await expect(verifier.verify(await sign())).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    answer = jwks(...allKeys());
    await clock.advance(30_000);
    await verifier.verify(await sign());
  });

  it('with a symmetric key does not make it acceptable', async () => {
    const k = base64url.encode('a shared secret of sufficient length');
    answer = jwks({ kty: 'oct', k, kid: 'r1', alg: 'HS256' });
    const token = await sign({}, { alg: 'HS256' }, base64url.decode(k));
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
