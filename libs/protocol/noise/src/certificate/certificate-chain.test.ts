import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Certificate,
  type CertificateChainCheck,
  NoiseError,
  verifyCertificateChain,
  verifyXeddsa,
} from '../index.js';

const p = 2n ** 255n - 19n;
const little = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [((value % p) + p) % p, p, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % p) + p) % p;
}

interface Signer {
  readonly key: KeyObject;
  readonly publicKey: Uint8Array;
  readonly signBit: number;
}

/** A signer that was born as Ed25519: its X25519 form is u = (1 + y) / (1 - y). */
function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const edwards = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const signBit = (edwards[31] ?? 0) & 0x80;
  edwards[31] = (edwards[31] ?? 0) & 0x7f;
  const y = little(edwards);
  const u = ((1n + y) * inverse(1n - y)) % p;
  const montgomery = Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse();
  return { key: privateKey, publicKey: Uint8Array.from(montgomery), signBit };
}

function xeddsa({ key, signBit }: Signer, message: Uint8Array): Uint8Array {
  const signature = Uint8Array.from(sign(null, message, key));
  signature[63] = (signature[63] ?? 0) | signBit;
  return signature;
}

type Fields = Pick<Certificate, 'serial' | 'issuerSerial' | 'key' | 'notBefore' | 'notAfter'>;

function certificate(signer: Signer, fields: Fields): Certificate {
  const { serial, issuerSerial, key } = fields;
  const details = Buffer.concat([Buffer.from([serial, issuerSerial]), key]);
  return { ...fields, details, signature: xeddsa(signer, details) };
}

const root = newSigner();
const authority = newSigner();
const server = newSigner().publicKey;
const validity = { notBefore: 1000n, notAfter: 2000n };
const intermediateFields = { serial: 7, issuerSerial: 0, key: authority.publicKey, ...validity };
const leafFields = { serial: 9, issuerSerial: 7, key: server, ...validity };
const intermediate = certificate(root, intermediateFields);
const leaf = certificate(authority, leafFields);
const good: CertificateChainCheck = {
  chain: { leaf, intermediate },
  rootPublicKey: root.publicKey,
  now: 1500,
  expectedStatic: server,
};

function codeOf(check: CertificateChainCheck): string {
  try {
    verifyCertificateChain(check);
  } catch (error) {
    if (error instanceof NoiseError) return error.code;
    throw error;
  }
  return 'accepted';
}

const withLeaf = (changed: Certificate) => ({ ...good, chain: { leaf: changed, intermediate } });
const withIntermediate = (changed: Certificate) => ({ ...good, chain: { leaf, intermediate: changed } });

describe('the certificate chain', () => {
  it.each<[string, CertificateChainCheck, string]>([
    ['a good one', good, 'accepted'],
    ['the first second', { ...good, now: 1000 }, 'accepted'],
    ['the last second', { ...good, now: 2000.9 }, 'accepted'],
    ['another root', { ...good, rootPublicKey: authority.publicKey }, 'certificate_bad_signature'],
    ['a root of the wrong size', { ...good, rootPublicKey: new Uint8Array(31) }, 'certificate_bad_signature'],
    ['a leaf signed by the root', withLeaf(certificate(root, leafFields)), 'certificate_bad_signature'],
    ['changed details', withLeaf({ ...leaf, details: new Uint8Array(34) }), 'certificate_bad_signature'],
    [
      'an intermediate that signed itself',
      withIntermediate(certificate(authority, intermediateFields)),
      'certificate_bad_signature',
    ],
    [
      'an intermediate of another issuer',
      withIntermediate(certificate(root, { ...intermediateFields, issuerSerial: 1 })),
      'certificate_bad_issuer',
    ],
    [
      'a leaf of another issuer',
      withLeaf(certificate(authority, { ...leafFields, issuerSerial: 8 })),
      'certificate_bad_issuer',
    ],
    ['another static key', { ...good, expectedStatic: new Uint8Array(32) }, 'certificate_wrong_key'],
    ['a cut static key', { ...good, expectedStatic: server.subarray(1) }, 'certificate_wrong_key'],
    ['a cut leaf key', withLeaf({ ...leaf, key: server.subarray(1) }), 'certificate_malformed'],
    ['a cut signature', withLeaf({ ...leaf, signature: new Uint8Array(63) }), 'certificate_malformed'],
    ['too early', { ...good, now: 999 }, 'certificate_not_yet_valid'],
    ['too late', { ...good, now: 2001 }, 'certificate_expired'],
    [
      'an intermediate that ended before the leaf',
      withIntermediate(certificate(root, { ...intermediateFields, notAfter: 1400n })),
      'certificate_expired',
    ],
    [
      'an intermediate from the future',
      withIntermediate(certificate(root, { ...intermediateFields, notBefore: 1600n })),
      'certificate_not_yet_valid',
    ],
  ])('%s', (_name, check, code) => {
    expect(codeOf(check)).toBe(code);
  });
});

describe('verifyXeddsa', () => {
  const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
  const { signatures } = JSON.parse(
    readFileSync(new URL('../../test-data/xeddsa.json', import.meta.url), 'utf8'),
  ) as { signatures: { publicKey: string; message: string; signature: string }[] };

  it('accepts signatures of an independent implementation, with either sign bit', () => {
    const results = signatures.map(({ publicKey, message, signature }) =>
      verifyXeddsa(fromHex(publicKey), fromHex(message), fromHex(signature)),
    );
    expect(results).toEqual([true, true, true, true]);
    expect(new Set(signatures.map(({ signature }) => (fromHex(signature)[63] ?? 0) >> 7)).size).toBe(2);
  });

  it('refuses a flipped bit anywhere', () => {
    const [sample] = signatures;
    const [publicKey, message, signature] = [sample?.publicKey, sample?.message, sample?.signature].map(
      (text) => fromHex(text ?? ''),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    for (let at = 0; at < 64; at++) {
      const changed = Uint8Array.from(signature);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(verifyXeddsa(publicKey, message, changed)).toBe(false);
    }
  });

  it.each([
    ['u not reduced', 'ff'.repeat(31) + '7f'],
    ['u = -1, which has no y', 'ec' + 'ff'.repeat(30) + '7f'],
    ['zero', '00'.repeat(32)],
  ])('refuses a key with %s', (_name, key) => {
    expect(verifyXeddsa(fromHex(key), Uint8Array.of(1), new Uint8Array(64))).toBe(false);
  });
});
