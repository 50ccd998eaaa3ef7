import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createEgress, type Egress } from '@causeway/http';
import { FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Gatekeeper } from '../fixtures/gatekeeper.js';
import { PushTokens } from './push-tokens.js';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

let gatekeeper: Gatekeeper;
let egress: Egress;
let clock: FakeClock;
let tokens: PushTokens;
const push = () => {
  const { issuer, audience } = Gatekeeper;
  return { issuer, audience, jwksUrl: gatekeeper.jwksUrl };
};

beforeAll(async () => {
  gatekeeper = await Gatekeeper.start();
  egress = createEgress({ allowedHosts: [gatekeeper.host], allowPrivateAddresses: true });
});
afterAll(async () => {
  await egress.close();
  await gatekeeper.stop();
});
beforeEach(() => {
  clock = new FakeClock();
  tokens = new PushTokens(push(), egress, clock, () => undefined);
});

const now = () => Math.floor(clock.now() / 1000);
const good = (claims: object = {}, header: object = {}) => gatekeeper.token(clock.now(), claims, header);
const unsigned = (header: object) => `${encode(header)}.${good().split('.')[1]}.`;
function signedWith(secret: string | Buffer): string {
  const head = `${encode({ alg: 'HS256', kid: 'g1' })}.${good().split('.')[1]}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}
function forged(): string {
  const head = good().split('.').slice(0, 2).join('.');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return `${head}.${sign('sha256', Buffer.from(head), privateKey).toString('base64url')}`;
}
const jwk = () => gatekeeper.pair.publicKey.export({ format: 'jwk' });

describe('invariant 9: a call is believed only after its signature, issuer, audience and expiry hold', () => {
  it('believes the gatekeeper’s own, to the end of their hour and the tolerance of clocks', async () => {
    await tokens.verify(good());
    await tokens.verify(good({ aud: ['other', Gatekeeper.audience] }));
    await tokens.verify(good({ iat: now() + 29, exp: now() + 3_600 }));
    const token = good();
    await clock.advance(3_629_000);
    await tokens.verify(token);
  });

  it.each<[string, () => string]>([
    ['nothing', () => ''],
    ['no token', () => 'a.b.c'],
    ['algorithm none', () => unsigned({ alg: 'none' })],
    ['algorithm none with a key id', () => unsigned({ alg: 'None', kid: 'g1' })],
    [
      'HS256 with the public key (PEM)',
      () => signedWith(gatekeeper.pair.publicKey.export({ type: 'spki', format: 'pem' })),
    ],
    [
      'HS256 with the public key (DER)',
      () => signedWith(gatekeeper.pair.publicKey.export({ type: 'spki', format: 'der' })),
    ],
    ['HS256 with the modulus', () => signedWith(Buffer.from(String(jwk().n), 'base64url'))],
    ['the signature of another key', forged],
    ['another algorithm of the same key', () => good({}, { alg: 'PS256' })],
    ['an unknown key', () => good({}, { kid: 'unknown' })],
    ['its own key in the header', () => good({}, { kid: 'x', jwk: jwk() })],
    ['a changed claim', () => good().replace(/\.[^.]+\./, `.${encode({ exp: now() + 60 })}.`)],
    ['another issuer', () => good({ iss: 'MESSENGER' })],
    ['no issuer', () => good({ iss: undefined })],
    ['another audience', () => good({ aud: 'https://other.example' })],
    ['no audience', () => good({ aud: undefined })],
    ['an expiry that has passed', () => good({ exp: now() - 31 })],
    ['no expiry', () => good({ exp: undefined })],
    ['an expiry that is no number', () => good({ exp: 'never' })],
    ['an issue in the future', () => good({ iat: now() + 60, exp: now() + 3_660 })],
    ['an issue long ago, whatever its expiry', () => good({ iat: now() - 3_700, exp: now() + 99_999 })],
    ['no issue', () => good({ iat: undefined })],
    ['a beginning in the future', () => good({ nbf: now() + 60 })],
    ['more bytes than are allowed', () => good({ filler: 'x'.repeat(9_000) })],
  ])('does not believe a token with %s', async (_what, token) => {
    await expect(tokens.verify(token())).rejects.toMatchObject({ code: 'push_unauthorized', status: 401 });
  });

  it('does not blame the call when the gatekeeper’s keys were never read', async () => {
    const elsewhere = { ...push(), jwksUrl: 'http://127.0.0.1:1/jwks' };
    const blind = new PushTokens(elsewhere, egress, clock, () => undefined);
    await expect(blind.verify(good())).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  });
});
