import { readdirSync } from 'node:fs';
import slotOf from 'cluster-key-slot';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PresenceEntry } from '../port.js';
import type { RedisClient } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import { clusterTags } from './redis-life.js';
import { RedisMailbox } from './redis-mailbox.js';
import { RedisPresence } from './redis-presence.js';
import { RedisRates } from './redis-rates.js';

/** The keys of each call that was made, script or command. */
let calls: { readonly what: string; readonly keys: readonly string[] }[];

/** Takes calls down and gives the answers that lead furthest. */
const recorder = {
  async callBuffer(_command: string, [sha, count, ...rest]: [string, number, ...string[]]) {
    calls.push({ what: sha, keys: rest.slice(0, count) });
    return ['1', '2'];
  },
  async set(key: string) {
    calls.push({ what: 'set', keys: [key] });
  },
  async exists(key: string) {
    calls.push({ what: 'exists', keys: [key] });
    return 1;
  },
  async hgetall(key: string) {
    calls.push({ what: 'hgetall', keys: [key] });
    return key.includes('{gone}') ? {} : { ...entry, partition: '7', epoch: '1' };
  },
  async zrange(key: string) {
    calls.push({ what: 'zrange', keys: [key] });
    return ['gone', '1', 'session', '2'];
  },
} as unknown as RedisClient;

const connection = {
  run: (call: (redis: RedisClient) => Promise<unknown>) => call(recorder),
} as unknown as RedisConnection;

/** Whoever adds a script must call it below. */
const scripts = readdirSync(new URL('../../lua/', import.meta.url));

const entry: PresenceEntry = { sessionKey: 'session', podId: 'pod', partition: 7, epoch: 1 };

beforeEach(() => (calls = []));

describe('keys in a cluster', () => {
  it('every script and command touches one slot', async () => {
    const keys = new RedisKeys('causeway', 'fanout');
    const presence = new RedisPresence(connection, keys, 8_000);
    const mailbox = new RedisMailbox(connection, keys);
    await presence.renew('pod');
    await presence.life();
    await presence.put(entry);
    await presence.get('session');
    await presence.list(7);
    await presence.restore([
      { ...entry, lastSeq: 0 },
      { ...entry, sessionKey: 'other', partition: 8, lastSeq: 0 },
    ]);
    await presence.remove('session', 1);
    await mailbox.append('session', 1, [new Uint8Array(1)]);
    await mailbox.read('session', 1, 0, 10);
    await mailbox.remove('session', 1, [1]);
    await mailbox.destroy('session', 1);
    await new RedisRates(connection, keys).take(
      { name: 'l', capacity: 1, refillPerSecond: 1, failOpen: false },
      'k',
    );
    expect(new Set(calls.map(({ what }) => what)).size).toBe(scripts.length + 4);
    for (const { what, keys: touched } of calls) {
      expect(touched.length, what).toBeGreaterThan(0);
      expect(new Set(touched.map((key) => slotOf(key))).size, touched.join(' ')).toBe(1);
    }
    expect(slotOf(keys.entry('session'))).not.toBe(slotOf(keys.entry('other')));
  });

  it('markers of the index lie in every range of slots', () => {
    const keys = new RedisKeys('any prefix', 'any owner');
    const slots = clusterTags().map((tag) => slotOf(keys.life(tag)));
    expect(slots.map((slot) => Math.floor(slot / 256)).toSorted((one, two) => one - two)).toEqual(
      Array.from({ length: 64 }, (_, range) => range),
    );
  });
});
