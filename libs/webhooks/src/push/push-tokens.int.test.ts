import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createEgress, type Egress } from '@causeway/http';
import { FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Gatekeeper } from '../fixtures/gatekeeper.js';
import { PushTokens } from './push-tokens.js';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const curves = new Map(
  ['prime256v1', 'secp384r1', 'secp256k1'].map((namedCurve) => [
    namedCurve,
    generateKeyPairSync('ec', { namedCurve }),
  ]),
);
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
  const published = { prime256v1: 'p256', secp384r1: 'p384', secp256k1: 'k1' };
  for (const [curve, kid] of Object.entries(published)) {
    gatekeeper.keys.push({ ...curves.get(curve)?.publicKey.export({ format: 'jwk' }), kid });
  }
  const own = gatekeeper.pair.publicKey.export({ format: 'jwk' });
  gatekeeper.keys.push(
    { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak' },
    { ...own, kid: 'ps', alg: 'PS256' },
    { ...own, kid: 'enc', use: 'enc' },
  );
  egress = createEgress({ allowedHosts: [gatekeeper.host], allowPrivateAddresses: true });
});
afterAll(async () => {
  await egress.close();
  await gatekeeper.stop();
});
beforeEach(() => {
  clock = new FakeClock();
  gatekeeper.fetches = [];
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
/** A token whose claims and header are these texts. */
function raw(claims: string | Buffer, header = '{"alg":"RS256","kid":"g1"}'): string {
  const head = [header, claims].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${head}.${sign('sha256', Buffer.from(head), gatekeeper.pair.privateKey).toString('base64url')}`;
}
const ours = () => `"aud":"${Gatekeeper.audience}"`;
const claims = () => `{${ours()},${common()}}`;
const common = () => `"iss":"${Gatekeeper.issuer}","iat":${now()},"exp":${now() + 60}`;
/** A token by one of the curves' keys; those with other ids than the gatekeeper's own are published by it. */
function signedByCurve(
  alg: string,
  curve: string,
  kid: string,
  dsaEncoding: 'der' | 'ieee-p1363' = 'ieee-p1363',
): string {
  const key = curves.get(curve)?.privateKey;
  const head = `${encode({ alg, kid })}.${good().split('.')[1]}`;
  if (key === undefined) throw new Error('no such curve');
  const signature = sign('sha256', Buffer.from(head), { key, dsaEncoding });
  return `${head}.${signature.toString('base64url')}`;
}
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
function signedByWeakKey(): string {
  const head = `${encode({ alg: 'RS256', kid: 'weak' })}.${good().split('.')[1]}`;
  return `${head}.${sign('sha256', Buffer.from(head), weak.privateKey).toString('base64url')}`;
}
function padded(): string {
  const head = good().split('.').slice(0, 2).join('.');
  const key = { key: gatekeeper.pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
  return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
}
const evil = (path: string) => `http://${gatekeeper.host}${path}`;
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
    [
      'an audience that is not among several',
      () => good({ aud: ['https://a.example', 'https://b.example'] }),
    ],
    ['an audience in another case', () => good({ aud: Gatekeeper.audience.toUpperCase() })],
    ['an audience that only begins like ours', () => good({ aud: `${Gatekeeper.audience}.evil.example` })],
    ['an audience that is an object', () => good({ aud: { 0: Gatekeeper.audience } })],
    ['several issuers', () => good({ iss: [Gatekeeper.issuer, 'OTHER'] })],
    ['an expiry that has passed', () => good({ exp: now() - 31 })],
    ['no expiry', () => good({ exp: undefined })],
    ['an expiry that is no number', () => good({ exp: 'never' })],
    ['an issue in the future', () => good({ iat: now() + 60, exp: now() + 3_660 })],
    ['an issue long ago, whatever its expiry', () => good({ iat: now() - 3_700, exp: now() + 99_999 })],
    ['no issue', () => good({ iat: undefined })],
    ['a beginning in the future', () => good({ nbf: now() + 60 })],
    ['an issue that is a text', () => good({ iat: String(now()) })],
    ['a beginning that is a text', () => good({ nbf: 'soon' })],
    ['a key id that is a path', () => good({}, { kid: '../../g1' })],
    ['a key id that is an SQL condition', () => good({}, { kid: "g1' or '1'='1" })],
    ['a key id that is a member of every object', () => good({}, { kid: '__proto__' })],
    ['a key id that is a list', () => good({}, { kid: ['g1'] })],
    ['an algorithm that is a list', () => good({}, { alg: ['RS256'] })],
    ['an algorithm in another case', () => good({}, { alg: 'rs256' })],
    ['no algorithm', () => good({}, { alg: undefined })],
    ['a key set address in its header', () => good({}, { kid: 'x', jku: evil('/jku') })],
    ['a certificate address in its header', () => good({}, { kid: 'x', x5u: evil('/x5u') })],
    ['certificates in its header', () => good({}, { kid: 'x', x5c: ['MIIB'] })],
    ['a payload that is not encoded (RFC 7797)', () => good({}, { b64: false, crit: ['b64'] })],
    ['a payload that is said not to be encoded, to nobody', () => good({}, { b64: false })],
    ['an unknown critical header', () => good({}, { crit: ['exp'] })],
    ['an empty list of critical headers', () => good({}, { crit: [] })],
    ['ES256 by a key of P-256 that was not published', () => signedByCurve('ES256', 'prime256v1', 'g1')],
    ['ES256 by a published key of P-384', () => signedByCurve('ES256', 'secp384r1', 'p384')],
    ['ES256 by a published key of P-256', () => signedByCurve('ES256', 'prime256v1', 'p256')],
    ['ES256 with a signature in DER', () => signedByCurve('ES256', 'prime256v1', 'p256', 'der')],
    ['RS256 by a published key of P-256', () => signedByCurve('RS256', 'prime256v1', 'p256', 'der')],
    ['RS256 by a published key of 1,024 bits', () => signedByWeakKey()],
    ['RS256 by a key for another algorithm', () => good({}, { kid: 'ps' })],
    ['RS256 by a key for encryption', () => good({}, { kid: 'enc' })],
    ['a signature padded as for PS256', () => padded()],
    ['standard base64 with padding', () => `${good()}=`],
    ['ES256K', () => signedByCurve('ES256K', 'secp256k1', 'k1')],
    ['a claim twice, the last one wrong', () => raw(`{${ours()},${common()},"aud":"other"}`)],
    ['a claim twice, the first one wrong', () => raw(`{"aud":"other",${common()},${ours()}}`)],
    [
      'a claim twice in other escapes',
      () => raw(`{${ours()},${common()},"\\u0061ud":"${Gatekeeper.audience}"}`),
    ],
    ['an expiry twice, the last one past', () => raw(`{${ours()},${common()},"exp":1}`)],
    ['a member twice within a claim', () => raw(`{${ours()},${common()},"x":{"a":1,"a":1}}`)],
    [
      'an algorithm twice, the last one right',
      () => raw(claims(), '{"alg":"none","kid":"g1","alg":"RS256"}'),
    ],
    ['a key id twice, the last one right', () => raw(claims(), '{"alg":"RS256","kid":"g2","kid":"g1"}')],
    ['a header that is a list', () => raw(claims(), '["RS256"]')],
    [
      'claims that are not UTF-8',
      () =>
        raw(
          Buffer.concat([
            Buffer.from(`{${ours()},${common()},"x":"`),
            Buffer.from([0xff]),
            Buffer.from('"}'),
          ]),
        ),
    ],
    ['an hour that is a text', () => good({ exp: String(now() + 60) })],
    [
      'an issue that never was',
      () => raw(`{${ours()},"iss":"${Gatekeeper.issuer}","iat":null,"exp":${now() + 60}}`),
    ],
    ['claims that are a list', () => raw('[]')],
    ['claims that are no JSON', () => raw('{')],
    ['claims that are null', () => raw('null')],
    ['a sixth of a token behind it', () => `${good()}.e30`],
    ['a blank in it', () => good().replace('.', ' .')],
    ['five parts, as one that is encrypted', () => `${encode({ alg: 'RSA-OAEP', enc: 'A128GCM' })}.a.b.c.d`],
    ['no signature', () => `${good().split('.').slice(0, 2).join('.')}.`],
    ['half of its signature', () => good().slice(0, -171)],
    ['more bytes than are allowed', () => good({ filler: 'x'.repeat(9_000) })],
  ])('does not believe a token with %s', async (_what, token) => {
    await expect(tokens.verify(token())).rejects.toMatchObject({ code: 'push_unauthorized', status: 401 });
    // Whatever it names, the profile's address alone is asked.
    expect(gatekeeper.fetches.filter((path) => path !== '/jwks')).toEqual([]);
    await tokens.verify(good());
  });

  it('a flood of unknown key ids makes one reading of the keys in 30 seconds', async () => {
    await tokens.verify(good());
    gatekeeper.fetches = [];
    await clock.advance(30_000);
    for (let round = 0; round < 2; round += 1) {
      const flood = Array.from({ length: 50 }, (_, i) => tokens.verify(good({}, { kid: `k${i}` })));
      await Promise.allSettled(flood);
    }
    expect(gatekeeper.fetches).toHaveLength(1);
  });

  it('does not blame the call when the gatekeeper’s keys were never read', async () => {
    const elsewhere = { ...push(), jwksUrl: 'http://127.0.0.1:1/jwks' };
    const blind = new PushTokens(elsewhere, egress, clock, () => undefined);
    await expect(blind.verify(good())).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  });
});
