import type { KeysStatus, PublishKeysRequest } from '@causeway/contracts/keys';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../api/errors.js';
import { ChatError } from '../gatekeeper/chat-error.js';
import { DeviceStore } from '../store/device-store.js';
import { SteppedClock } from '../testing/stepped-clock.js';
import { KeyPublisher } from './key-publisher.js';
import { SignedPreKeyRenewal } from './signed-prekey-renewal.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('the signed prekey', () => {
  let clock: SteppedClock;
  let store: DeviceStore;
  let session: AbortController;
  /** Ids of signed prekeys, as the provider and the gatekeeper were given them. */
  let published: number[];
  let handed: number[];
  /** What publishing, and handing it to the gatekeeper, come to. */
  let publishing: () => Promise<void>;
  let handing: () => Promise<void>;

  beforeEach(() => {
    clock = new SteppedClock();
    clock.advance(1_000 * dayMs);
    store = DeviceStore.open(':memory:', 'simulator', () => clock.now());
    [published, handed] = [[], []];
    publishing = handing = async () => undefined;
    store.keys.signedPreKey();
  });
  afterEach(() => {
    session.abort();
    store.close();
  });

  const status: KeysStatus = { available: 100, uploaded: 0 };
  const client = {
    async publish(_device: string, _gatekeeper: string, { signedPreKey, preKeys }: PublishKeysRequest) {
      expect(preKeys).toEqual([]);
      published.push(signedPreKey.id);
      await publishing();
      return status;
    },
    status: async () => status,
  };
  /** The session with the gatekeeper opens, as after a start of the device. */
  async function connect(): Promise<void> {
    session?.abort();
    session = new AbortController();
    const deviceId = () => 'device';
    const publisher = new KeyPublisher(store, client, 'simulator', deviceId, async ({ id }) => {
      handed.push(id);
      await handing();
    });
    void new SignedPreKeyRenewal(store, publisher, clock).run(session.signal);
    await nextTurn();
  }
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += hourMs) {
      clock.advance(hourMs);
      await nextTurn();
    }
  }
  const inUse = () => store.keys.signedPreKey().id;

  it('is renewed when the device connects, once it is 27 days old, and once', async () => {
    clock.advance(27 * dayMs - 1);
    await connect();
    expect(published).toEqual([]);
    clock.advance(1);
    await connect();
    await connect();
    expect([published, handed, inUse()]).toEqual([[2], [2], 2]);
  });

  it('is renewed while the device is connected, every 27 days', async () => {
    await connect();
    await pass(27 * dayMs - hourMs);
    expect(published).toEqual([]);
    await pass(hourMs);
    expect([published, inUse()]).toEqual([[2], 2]);
    await pass(27 * dayMs);
    expect([published, inUse()]).toEqual([[2, 3], 3]);
  });

  it('is not looked at without a session', async () => {
    await connect();
    session.abort();
    await pass(28 * dayMs);
    expect([published, clock.waits]).toEqual([[], []]);
  });

  it.each<[string, () => void]>([
    ['the provider', () => (publishing = () => Promise.reject(new ApiError('unavailable', 503)))],
    ['the answer of the gatekeeper', () => (handing = () => Promise.reject(new ChatError('query_timeout')))],
    ['room at the gatekeeper', () => (handing = () => Promise.reject(new ChatError('query_refused', '429')))],
  ])('stays in use without %s, and is renewed an hour later, by the same key', async (_what, fail) => {
    clock.advance(27 * dayMs);
    fail();
    await connect();
    // Connections that come and go do not shorten it.
    for (let time = 0; time < 3; time++) await connect();
    expect([published, inUse()]).toEqual([[2], 1]);
    publishing = handing = async () => undefined;
    await pass(hourMs);
    expect([published, inUse()]).toEqual([[2, 2], 2]);
  });

  it('stays in use for a day where the gatekeeper refuses the next one', async () => {
    clock.advance(27 * dayMs);
    handing = () => Promise.reject(new ChatError('query_refused', '503'));
    await connect();
    await pass(dayMs - hourMs);
    expect([handed, inUse()]).toEqual([[2], 1]);
    handing = async () => undefined;
    await pass(hourMs);
    expect([handed, inUse()]).toEqual([[2, 2], 2]);
  });

  it('does not wait for a time that a clock set back has made weeks away', async () => {
    clock.advance(100 * dayMs);
    handing = () => Promise.reject(new ChatError('query_refused', '503'));
    await connect();
    clock.advance(-60 * dayMs);
    handing = async () => undefined;
    await connect();
    expect([handed, inUse()]).toEqual([[2, 2], 2]);
  });
});
