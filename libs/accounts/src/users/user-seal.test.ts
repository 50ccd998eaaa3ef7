import { LocalKeyWrap, SealingError } from '@causeway/sealing';
import { describe, expect, it } from 'vitest';
import { createDataKey, UserSeal } from './user-seal.js';

const keyWrap = new LocalKeyWrap(Buffer.alloc(32, 7).toString('base64'));

describe('UserSeal', () => {
  it('opens what it sealed, for the same user and column only', async () => {
    const wrapped = await createDataKey(keyWrap, 'u1');
    const seal = await UserSeal.open(keyWrap, 'u1', wrapped);
    const column = await seal.seal('identifier a', 'alice@example.org');
    expect(Buffer.from(column).includes('alice')).toBe(false);
    await expect(seal.open('identifier a', column)).resolves.toBe('alice@example.org');
    await expect(seal.open('identifier b', column)).rejects.toThrow(SealingError);
    const other = await UserSeal.open(keyWrap, 'u2', await createDataKey(keyWrap, 'u2'));
    await expect(other.open('identifier a', column)).rejects.toThrow(SealingError);
  });

  it.each([0, 1, 59, 60, 80])('answers a column cut to %i bytes with its own error', async (length) => {
    const seal = await UserSeal.open(keyWrap, 'u1', await createDataKey(keyWrap, 'u1'));
    const column = await seal.seal('x', 'text');
    await expect(seal.open('x', column.subarray(0, length))).rejects.toThrow(SealingError);
  });

  it('opens nothing once the data key is erased, or with another user’s', async () => {
    await expect(UserSeal.open(keyWrap, 'u1', null)).rejects.toThrow(SealingError);
    const foreign = await createDataKey(keyWrap, 'u2');
    await expect(UserSeal.open(keyWrap, 'u1', foreign)).rejects.toThrow(SealingError);
  });
});
