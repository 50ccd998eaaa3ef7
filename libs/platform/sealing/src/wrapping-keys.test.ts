import { randomBytes } from 'node:crypto';
import { limits } from '@causeway/limits';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDataKey, DataKey, RingKeyWrap, wrapperAt, WrappingKeys, WrappingRing } from './index.js';
import { createWrappingRing, keyWrapOf } from './testing/index.js';
import { readWrappedKey, writeWrappedKey } from './wrapped-key.js';

const ids = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);

describe('a wrapped key', () => {
  it('names its wrapping key, whatever both are', () => {
    fc.assert(
      fc.property(ids, fc.uint8Array({ minLength: 1, maxLength: 300 }), (id, bytes) => {
        const read = readWrappedKey(writeWrappedKey({ id, bytes }));
        expect(read.id).toBe(id);
        expect(Buffer.from(read.bytes)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('is refused with one error when its bytes are others', async () => {
    const keyWrap = keyWrapOf();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        await expect(keyWrap.unwrap(bytes, 'x')).rejects.toMatchObject({
          code: expect.stringMatching(/^(record_unreadable|wrapping_key_unknown)$/),
        });
      }),
    );
  });
});

describe('a ring', () => {
  it('wraps with the key whose turn it is, and opens what each of its keys has wrapped', async () => {
    const ring = createWrappingRing('old', 'new');
    const keys = new WrappingKeys(ring);
    let now = 0;
    const keyWrap = new RingKeyWrap(
      () => keys,
      () => now,
    );
    const before = await createDataKey(keyWrap, 'x');
    now = 1;
    const after = await createDataKey(keyWrap, 'x');
    expect([before, after].map((wrapped) => readWrappedKey(wrapped).id)).toEqual(['old', 'new']);
    for (const wrapped of [before, after]) {
      using dataKey = await DataKey.open(keyWrap, 'x', wrapped);
      expect(dataKey.open('y', dataKey.seal('y', Buffer.from('text'))).toString()).toBe('text');
    }
    const without = keyWrapOf({ ...ring, keys: ring.keys.slice(1) });
    await expect(DataKey.open(without, 'x', before)).rejects.toMatchObject({ code: 'wrapping_key_unknown' });
  });

  it('has one key that wraps at any time, also when the turn of none has come', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 8 }),
        fc.nat(1_100),
        (times, at) => {
          const keys = times.map((wrapsFrom) => ({ id: `k${wrapsFrom}`, createdAt: 0, wrapsFrom }));
          const begun = times.filter((time) => time <= at);
          const expected = begun.length > 0 ? Math.max(...begun) : Math.min(...times);
          expect(wrapperAt({ version: 1, keys }, at).wrapsFrom).toBe(expected);
        },
      ),
    );
  });

  it('is refused with a key twice, with too many, with none, and with a key of another length', () => {
    const of = (count: number) => createWrappingRing(...Array.from({ length: count }, (_, i) => `k${i}`));
    const most = limits.wrappingKeys.value;
    const [key] = of(1).keys;
    expect(WrappingRing.safeParse(of(most)).success).toBe(true);
    for (const keys of [
      of(most + 1).keys,
      [],
      [key, key],
      [{ ...key, key: randomBytes(31).toString('base64') + '=' }],
      [{ ...key, key: randomBytes(33).toString('base64') }],
      [{ ...key, id: 'ä' }],
    ]) {
      expect(WrappingRing.safeParse({ version: 1, keys }).success).toBe(false);
    }
  });

  it('cannot be opened with a key of a key service where there is none', () => {
    const keys = [{ id: 'kms', createdAt: 0, wrapsFrom: 0 }];
    expect(() => new WrappingKeys({ version: 1, keys })).toThrow(TypeError);
  });
});
