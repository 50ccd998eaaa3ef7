import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enlistmentForm, EnlistmentFormInvalid } from './form.js';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const details = {
  noisePublicKey: new Uint8Array(32).fill(0xff),
  token: 'aaa.bbb.c-_',
  keys: {
    registrationId: 0x1234,
    identityKey: base64(new Uint8Array(32).fill(1)),
    signedPreKey: {
      id: 1,
      key: base64(new Uint8Array(32).fill(0xfb)),
      signature: base64(new Uint8Array(64).fill(3)),
    },
  },
};

describe('enlistmentForm', () => {
  it('is the form of the annex, byte for byte', () => {
    expect(enlistmentForm(details)).toBe(
      [
        'authkey=__________________________________________8',
        'e_keytype=BQ',
        'e_regid=AAASNA',
        'e_ident=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE',
        'e_skey_id=AAAB',
        'e_skey_val=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s',
        `e_skey_sig=${Buffer.alloc(64, 3).toString('base64url')}`,
        'token=aaa.bbb.c-_',
      ].join('&'),
    );
  });

  it('says for any keys what they are', () => {
    fc.assert(
      fc.property(
        bytes(32),
        bytes(32),
        bytes(64),
        fc.integer({ min: 1, max: 0x3fff }),
        fc.integer({ min: 1, max: 0xffffff }),
        (identity, signed, signature, registrationId, id) => {
          const signedPreKey = { id, key: base64(signed), signature: base64(signature) };
          const keys = { registrationId, identityKey: base64(identity), signedPreKey };
          const form = new URLSearchParams(enlistmentForm({ ...details, keys }));
          const read = (name: string) => Buffer.from(form.get(name) ?? '', 'base64url');
          expect(read('e_ident')).toEqual(Buffer.from(identity));
          expect(read('e_skey_val')).toEqual(Buffer.from(signed));
          expect(read('e_skey_sig')).toEqual(Buffer.from(signature));
          expect(read('e_regid').readUInt32BE()).toBe(registrationId);
          expect(read('e_skey_id').readUIntBE(0, 3)).toBe(id);
          expect([...form.values()].join('')).not.toContain('=');
        },
      ),
    );
  });

  it.each([
    ['a short identity', { identityKey: base64(new Uint8Array(31)) }],
    ['a key with its type byte', { identityKey: base64(new Uint8Array(33)) }],
    ['a registration id that is no number', { registrationId: Number.NaN }],
    ['a prekey id of four bytes', { signedPreKey: { ...details.keys.signedPreKey, id: 0x1000000 } }],
    ['a short signature', { signedPreKey: { ...details.keys.signedPreKey, signature: '' } }],
  ])('refuses %s', (_name, wrong) => {
    const keys = { ...details.keys, ...wrong };
    expect(() => enlistmentForm({ ...details, keys })).toThrow(EnlistmentFormInvalid);
  });
});
