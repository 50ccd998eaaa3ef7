import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openRecord, sealRecord, SealingError } from './index.js';
import { keyWrapOf } from './testing/index.js';

const keyWrap = keyWrapOf();

it('opens any record in its own context only', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
      const record = await sealRecord(keyWrap, 'a', bytes);
      expect(await openRecord(keyWrap, 'a', record)).toEqual(Buffer.from(bytes));
      await expect(openRecord(keyWrap, 'b', record)).rejects.toThrow(SealingError);
    }),
    { numRuns: 30 },
  );
});

it('does not open with another key, a changed byte or a cut record', async () => {
  const record = await sealRecord(keyWrap, 'a', Buffer.from('secret'));
  const changed = Buffer.from(record.sealed);
  changed[14] = (changed[14] ?? 0) ^ 1;
  await expect(openRecord(keyWrapOf(), 'a', record)).rejects.toThrow(SealingError);
  await expect(openRecord(keyWrap, 'a', { ...record, sealed: changed })).rejects.toThrow(SealingError);
  await expect(openRecord(keyWrap, 'a', { ...record, sealed: changed.subarray(0, 5) })).rejects.toThrow(
    SealingError,
  );
});
