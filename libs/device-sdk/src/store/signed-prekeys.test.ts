import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedPreKeyPair } from '../suites/port.js';
import { x3dhSuite } from '../suites/x3dh/suite.js';
import { DeviceStore } from './device-store.js';

const dayMs = 86_400_000;
const peer = { name: '49@s.whatsapp.net', device: 0 };

describe('signed prekeys', () => {
  let folder: string;
  let file: string;
  let now: number;
  let store: DeviceStore;
  const open = () => DeviceStore.open(file, 'simulator', () => now);
  const renew = () => {
    const next = store.keys.signed.next();
    if (next !== undefined) store.keys.signed.use(next.id);
  };

  beforeEach(() => {
    now = 1_000 * dayMs;
    folder = mkdtempSync(join(tmpdir(), 'signed-'));
    file = join(folder, 'device.sqlite');
    store = open();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  it('are due after 27 days, and after a clock that was as far ahead', () => {
    const { signed } = store.keys;
    expect(signed.isDue()).toBe(false);
    signed.inUse();
    const dueAfter = (days: number) => {
      now = (1_000 + days) * dayMs;
      return signed.isDue();
    };
    expect([0, 26.9, 27, 400, -26.9, -27].map(dueAfter)).toEqual([false, false, true, true, false, true]);
    renew();
    expect(signed.isDue()).toBe(false);
  });

  it('give way to the next one only when it is in use, which is the same until then, over restarts too', () => {
    const old = store.keys.signedPreKey();
    const next = store.keys.signed.next();
    expect(next?.id).toBe(old.id + 1);
    expect(store.keys.signedPreKey()).toEqual(old);
    store.close();
    store = open();
    expect(store.keys.signed.next()).toEqual(next);
    expect(store.keys.signedPreKey()).toEqual(old);
    renew();
    store.close();
    store = open();
    expect(store.keys.signedPreKey()).toEqual(next);
    expect(store.keys.signed.byId(old.id)).toEqual(old);
    expect(store.keys.signed.next()?.id).toBe(old.id + 2);
  });

  it('are kept, the last four, beside the one in use', () => {
    store.keys.signedPreKey();
    for (let time = 0; time < 7; time++) renew();
    const kept = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((id) => store.keys.signed.byId(id) !== undefined);
    expect(kept).toEqual([4, 5, 6, 7, 8]);
  });

  it('end at the last id of 24 bits instead of starting over', () => {
    store.keys.signedPreKey();
    store.close();
    const raw = new DatabaseSync(file);
    raw.exec(`UPDATE signed_prekeys SET id = ${0xffffff}`);
    raw.close();
    store = open();
    expect(store.keys.signed.next()).toBeUndefined();
    expect(store.keys.signedPreKey().id).toBe(0xffffff);
  });

  it('of a file from before their time was noted are old, and open what they opened', () => {
    const known = store.keys.signedPreKey();
    store.close();
    const raw = new DatabaseSync(file);
    raw.exec('ALTER TABLE signed_prekeys DROP COLUMN made_at; ALTER TABLE signed_prekeys DROP COLUMN in_use');
    raw.exec('PRAGMA user_version = 1');
    raw.close();
    store = open();
    expect(store.keys.signedPreKey()).toEqual(known);
    expect(store.keys.signed.isDue()).toBe(true);
  });

  it('that were in use before still open a first message, and those that are gone do not', async () => {
    const first = store.keys.signedPreKey();
    const underway = [await firstMessageTo(first), await firstMessageTo(first)] as const;
    for (let time = 0; time < 4; time++) renew();
    expect([...(await x3dhSuite.decrypt(store.ratchet(), peer, underway[0]))]).toEqual([1]);
    renew();
    await expect(x3dhSuite.decrypt(store.ratchet(), peer, underway[1])).rejects.toMatchObject({
      code: 'prekey_missing',
    });
  });

  /** A message of somebody who has fetched our keys while this signed prekey was in use. */
  function firstMessageTo({ id, publicKey, signature }: SignedPreKeyPair) {
    const sender = DeviceStore.open(':memory:', 'simulator').ratchet();
    const { registrationId, publicKey: identityKey } = store.keys.identity();
    const signedPreKey = { id, key: publicKey, signature };
    const bundle = { registrationId, identityKey, signedPreKey };
    return x3dhSuite
      .establish(sender, peer, bundle)
      .then(() => x3dhSuite.encrypt(sender, peer, Uint8Array.of(1)));
  }
});
