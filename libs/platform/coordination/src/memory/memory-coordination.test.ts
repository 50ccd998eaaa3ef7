import { randomUUID } from 'node:crypto';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { coordinationConformance } from '../conformance/index.js';
import { openCoordination } from '../index.js';
import { loseMemory } from './memory-engine.js';

const { logger } = captureLogs();
const metrics = createMetrics('test');
const bytes = (text: string) => new TextEncoder().encode(text);

// The first opener of a name decides about the lease, so each length has a name of its own.
const run = randomUUID();
coordinationConformance('memory', {
  open: (presenceLeaseMs) =>
    openCoordination(`memory:${run}-${presenceLeaseMs}`, { logger, metrics, presenceLeaseMs }),
  loseMemory: async () => loseMemory(`memory:${run}-60000`),
});

function openWithClock() {
  const clock = new FakeClock();
  return { clock, coordination: openCoordination(`memory:${randomUUID()}`, { logger, metrics, clock }) };
}

describe('memory coordination', () => {
  it('keeps a lease for 8 seconds after its last renewal, whatever the wall clock does', async () => {
    const { clock, coordination } = openWithClock();
    const entry = { sessionKey: 's', podId: 'p', partition: 1 };
    await coordination.presence.put(entry);
    await coordination.presence.renew('p');
    await clock.advance(2_000);
    await coordination.presence.renew('p');
    clock.jumpWall(3_600_000);
    await clock.advance(7_999);
    expect(await coordination.presence.get('s')).toMatchObject(entry);
    await clock.advance(1);
    expect(await coordination.presence.get('s')).toBeUndefined();
    await coordination.close();
  });

  it('gives growing epochs when the wall clock goes back', async () => {
    const { clock, coordination } = openWithClock();
    const put = () => coordination.presence.put({ sessionKey: 's', podId: 'p', partition: 1 });
    const first = await put();
    clock.jumpWall(-3_600_000);
    expect(await put()).toBeGreaterThan(first);
    await coordination.close();
  });

  it('empties a mailbox that nobody touched, and goes on numbering', async () => {
    const { clock, coordination } = openWithClock();
    const epoch = await coordination.presence.put({ sessionKey: 's', podId: 'p', partition: 1 });
    await coordination.mailbox.append('s', epoch, [bytes('a')]);
    await clock.advance(limits.ephemeralMailboxIdleMs.value);
    expect(await coordination.mailbox.read('s', epoch, 0, 10)).toEqual([]);
    await coordination.mailbox.append('s', epoch, [bytes('b')]);
    expect(await coordination.mailbox.read('s', epoch, 1, 10)).toEqual([{ seq: 2, item: bytes('b') }]);
    await coordination.close();
  });

  it('refills a bucket by the exact rate', async () => {
    const { clock, coordination } = openWithClock();
    const limit = { name: 'l', capacity: 6, refillPerSecond: 1 / 600, failOpen: false };
    await coordination.rates.take(limit, 'k', 6);
    await clock.advance(599_999);
    expect(await coordination.rates.take(limit, 'k')).toEqual({ allowed: false, retryAfterMs: 1 });
    await clock.advance(1);
    expect(await coordination.rates.take(limit, 'k')).toEqual({ allowed: true, retryAfterMs: 0 });
    expect(await coordination.rates.take(limit, 'k')).toEqual({ allowed: false, retryAfterMs: 600_000 });
    await coordination.close();
  });

  it('bounds the entries of a partition, where a known session may still be renewed', async () => {
    const { coordination } = openWithClock();
    const put = (sessionKey: string, partition = 1) =>
      coordination.presence.put({ sessionKey, podId: 'p', partition });
    for (let index = 0; index < limits.presenceEntriesPerPartition.value; index++) await put(`s${index}`);
    await expect(put('one more')).rejects.toMatchObject({ code: 'presence_full' });
    await put('one more', 2);
    const epoch = await put('s0');
    await coordination.presence.remove('s0', epoch);
    await put('now there is room');
    await coordination.close();
  });

  it('bounds buckets: full ones make room, and without room the rule decides as without an engine', async () => {
    const { clock, coordination } = openWithClock();
    const rule = (failOpen: boolean) => ({ name: 'l', capacity: 1, refillPerSecond: 1, failOpen });
    for (let index = 0; index < limits.memoryCoordinationEntries.value; index++) {
      await coordination.rates.take(rule(false), `k${index}`);
    }
    expect(await coordination.rates.take(rule(false), 'more')).toEqual({
      allowed: false,
      retryAfterMs: 1_000,
    });
    expect(await coordination.rates.take(rule(true), 'more')).toEqual({ allowed: true, retryAfterMs: 0 });
    await clock.advance(1_000);
    expect(await coordination.rates.take(rule(false), 'more')).toEqual({ allowed: true, retryAfterMs: 0 });
    await coordination.close();
  });

  it('forgets everything with its last opener', async () => {
    const name = `memory:${randomUUID()}`;
    const [first, second] = [
      openCoordination(name, { logger, metrics }),
      openCoordination(name, { logger, metrics }),
    ];
    await first.presence.put({ sessionKey: 's', podId: 'p', partition: 1 });
    await first.presence.renew('p');
    await first.close();
    expect(await second.presence.get('s')).toBeDefined();
    await second.close();
    const third = openCoordination(name, { logger, metrics });
    expect(await third.presence.get('s')).toBeUndefined();
    await third.close();
  });

  it.each(['memory:', 'memory:a b', 'http://x', '', 'redis:', `memory:${'x'.repeat(65)}`])(
    'refuses the address %j',
    (url) => {
      expect(() => openCoordination(url, { logger, metrics })).toThrow(
        expect.objectContaining({ code: 'coordination_invalid' }),
      );
    },
  );
});
