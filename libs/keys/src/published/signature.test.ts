import { PrivateKey } from '@signalapp/libsignal-client';
import type { PublishKeysRequest } from '@causeway/contracts/keys';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSignedByIdentity } from './signature.js';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const raw = (key: PrivateKey) => Buffer.from(key.getPublicKey().serialize()).subarray(1);
const identity = PrivateKey.generate();
const preKey = PrivateKey.generate();
const signature = identity.sign(preKey.getPublicKey().serialize());

const request = (change: object = {}): PublishKeysRequest => ({
  registrationId: 1,
  identityKey: base64(raw(identity)),
  signedPreKey: { id: 1, key: base64(raw(preKey)), signature: base64(signature), ...change },
  preKeys: [],
});

describe('isSignedByIdentity', () => {
  it('accepts a signature over the key with its type byte', () => {
    expect(isSignedByIdentity(request())).toBe(true);
  });

  it.each([
    ['over the key without its type byte', base64(identity.sign(raw(preKey)))],
    ['by another key', base64(preKey.sign(preKey.getPublicKey().serialize()))],
    ['of zeros', base64(Buffer.alloc(64))],
    ['too short', base64(signature.subarray(1))],
    ['empty', ''],
  ])('refuses a signature %s', (_what, wrong) => {
    expect(isSignedByIdentity(request({ signature: wrong }))).toBe(false);
  });

  it('never throws, and refuses whatever was changed', () => {
    const bytes = fc.uint8Array({ maxLength: 70 }).map((array) => base64(array));
    fc.assert(
      fc.property(bytes, bytes, bytes, (identityKey, key, wrong) => {
        expect(isSignedByIdentity({ ...request({ key }), identityKey })).toBe(false);
        expect(isSignedByIdentity(request({ signature: wrong }))).toBe(false);
      }),
    );
  });

  it('refuses a signature with one bit changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 511 }), (bit) => {
        const wrong = Buffer.from(signature);
        wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(isSignedByIdentity(request({ signature: base64(wrong) }))).toBe(false);
      }),
    );
  });
});
