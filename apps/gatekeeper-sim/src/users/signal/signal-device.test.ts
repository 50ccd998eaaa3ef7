import { describe, expect, it } from 'vitest';
import { AccountDevice } from '../../../test/account-device.js';
import { BoundedList, BoundedMap } from '../bounded.js';
import { phoneLimits } from '../phone-limits.js';
import { SignalDevice } from './signal-device.js';

const PHONE = '4915550001@s.whatsapp.net';
const ACCOUNT = '1-42@interop';

describe('the keys of a phone', () => {
  it('are 32 raw bytes, with one-time prekeys from 1 on that never come twice', () => {
    const device = new SignalDevice();
    const bundles = Array.from({ length: 3 * phoneLimits.preKeysOffered }, () => device.takeBundle());
    expect(bundles.map(({ preKey }) => preKey?.id)).toEqual(bundles.map((_, index) => index + 1));
    expect(new Set(bundles.map(({ preKey }) => Buffer.from(preKey?.key ?? []).toString('hex'))).size).toBe(
      bundles.length,
    );
    const [bundle] = bundles;
    expect(bundle?.identityKey).toHaveLength(32);
    expect(bundle?.preKey?.key).toHaveLength(32);
    expect(bundle?.signedPreKey).toMatchObject({ id: 1, key: { length: 32 }, signature: { length: 64 } });
  });

  it('open a session without a one-time prekey, in version 3', async () => {
    const device = new SignalDevice();
    const account = new AccountDevice(ACCOUNT);
    const { identityKey, registrationId, signedPreKey } = account.takeBundle();
    const fetchBundle = () => ({ identityKey, registrationId, signedPreKey });
    const { kind, bytes } = await device.encrypt(ACCOUNT, Buffer.from('hi'), { fetchBundle });
    expect([kind, bytes[0]]).toEqual(['pkmsg', 0x33]);
    const content = [{ tag: 'enc', attrs: { type: kind, v: '2' }, content: bytes }];
    const plain = await account.decrypt({ tag: 'message', attrs: { from: PHONE }, content });
    expect(Buffer.from(plain).toString()).toBe('hi');
  });

  it('are asked for once by messages sent at the same time', async () => {
    const device = new SignalDevice();
    const account = new AccountDevice(ACCOUNT);
    const send = () =>
      device.encrypt(ACCOUNT, Buffer.from('hi'), { fetchBundle: () => account.takeBundle() });
    await Promise.all([send(), send(), send()]);
    expect(account.taken).toEqual([1]);
  });

  it('refuse a bundle with a key of a wrong size', async () => {
    const bundle = { ...new AccountDevice(ACCOUNT).takeBundle(), identityKey: new Uint8Array(31) };
    const encrypted = new SignalDevice().encrypt(ACCOUNT, Buffer.from('hi'), { fetchBundle: () => bundle });
    await expect(encrypted).rejects.toMatchObject({ code: 'bundle_invalid' });
  });

  it('are forgotten once so many newer ones were handed out', async () => {
    const device = new SignalDevice();
    const account = new AccountDevice(ACCOUNT);
    const oldest = device.takeBundle();
    for (let taken = 0; taken < phoneLimits.preKeysHandedOut; taken += 1) device.takeBundle();
    const message = await account.message(PHONE, { conversation: 'late' }, { bundle: oldest });
    const [enc] = message.content as { content: Uint8Array }[];
    const decrypted = device.decrypt(ACCOUNT, { kind: 'pkmsg', bytes: enc?.content ?? new Uint8Array() });
    await expect(decrypted).rejects.toMatchObject({ code: 'undecryptable' });
  });
});

describe('bounded collections', () => {
  it('forget the oldest first', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.replace('b', 4);
    map.replace('z', 9);
    map.set('c', 5);
    expect([map.get('a'), map.has('b'), map.get('c')]).toEqual([3, false, 5]);
    const list = new BoundedList<number>(2);
    for (const entry of [1, 2, 3]) list.push(entry);
    expect(list.values()).toEqual([2, 3]);
  });
});
