import { SealingError } from '@causeway/sealing';
import { keyWrapOf } from '@causeway/sealing/testing';
import { describe, expect, it } from 'vitest';
import { createDataKey, UserSeal } from './user-seal.js';

const keyWrap = keyWrapOf();

describe('UserSeal', () => {
  it('opens what it sealed, for the same user and column only', async () => {
    const wrapped = await createDataKey(keyWrap, 'u1');
    const seal = await UserSeal.open(keyWrap, 'u1', wrapped);
    const column = seal.seal('identifier a', 'alice@example.org');
    expect(Buffer.from(column).includes('alice')).toBe(false);
    expect(seal.open('identifier a', column)).toBe('alice@example.org');
    expect(() => seal.open('identifier b', column)).toThrow(SealingError);
    const other = await UserSeal.open(keyWrap, 'u2', await createDataKey(keyWrap, 'u2'));
    expect(() => other.open('identifier a', column)).toThrow(SealingError);
  });

  it.each([0, 1, 59, 60, 80])('answers a column cut to %i bytes with its own error', async (length) => {
    const seal = await UserSeal.open(keyWrap, 'u1', await createDataKey(keyWrap, 'u1'));
    const column = seal.seal('x', 'text');
    expect(() => seal.open('x', column.subarray(0, length))).toThrow(SealingError);
  });

  it('opens and seals nothing of the user any more once it is disposed of', async () => {
    const wrapped = await createDataKey(keyWrap, 'u1');
    const seal = await UserSeal.open(keyWrap, 'u1', wrapped);
    const column = seal.seal('x', 'text');
    seal[Symbol.dispose]();
    expect(() => seal.open('x', column)).toThrow(SealingError);
    expect(() => seal.seal('x', 'text')).toThrow(SealingError);
    using again = await UserSeal.open(keyWrap, 'u1', wrapped);
    expect(again.open('x', column)).toBe('text');
  });

  it('opens nothing once the data key is erased, or with another user’s', async () => {
    await expect(UserSeal.open(keyWrap, 'u1', null)).rejects.toThrow(SealingError);
    const foreign = await createDataKey(keyWrap, 'u2');
    await expect(UserSeal.open(keyWrap, 'u1', foreign)).rejects.toThrow(SealingError);
  });
});
