import { limits } from '@causeway/limits';
import { sql } from '@causeway/postgres';
import { describe, expect, it, vi } from 'vitest';
import type { IncomingEvent, SubscribeOptions } from '../bus.js';
import type { Fixture } from './index.js';
import { noteTopic, outgoing, Owned, Received, subscription, upTo, type Note } from './note-topic.js';
import { parkingSchema } from './parked-events-table.js';

const soon = { firstDelayMs: 20, longestDelayMs: 50, rounds: 1_000, pollMs: 20 };
/** Parked events are dead at once, and lanes are looked at all the time. */
const never = { ...soon, rounds: 0 };
const table = sql.ident(parkingSchema, 'parked_events');

const parking = (
  topic: SubscribeOptions<Note>['topic'],
  handle: SubscribeOptions<Note>['handle'],
  more: Partial<SubscribeOptions<Note>> = {},
) => subscription(topic, handle, { onPoison: 'park', retry: { attempts: 1, backoffMs: 1 }, ...more });

/** Handles what does not fail. */
function failingOn(received: Received, bad: (event: IncomingEvent<Note>) => boolean) {
  return async (event: IncomingEvent<Note>): Promise<void> => {
    if (bad(event)) throw new Error('not now');
    await received.handle(event);
  };
}

export function parkingBoundsSuite(get: () => Fixture): void {
  describe('bounds of parking', () => {
    const rows = (topic: string) =>
      get().backend.postgres.query<{ lane: string; code: string }>(
        sql`select lane, code from ${table} where topic = ${topic} order by seq`,
      );
    const within = (condition: () => void | Promise<void>) =>
      vi.waitFor(condition, { timeout: get().deadlineMs, interval: 50 });

    it('parks so many lanes of a partition and no more: a further one is a dead letter, and goes on', async () => {
      const { backend, clients } = get();
      const topic = noteTopic();
      const labels = { topic: topic.name, group: 'conformance' };
      const received = new Received();
      const { bus, metric } = clients.measured({ parking: never }, 1);
      const bad = (event: IncomingEvent<Note>) => event.key.startsWith('bad') && event.data.n === 0;
      await bus.subscribe(parking(topic, failingOn(received, bad)));
      await bus.publish(topic, outgoing(['bad'], 1));
      await within(async () => expect(await rows(topic.name)).toHaveLength(1));
      const most = limits.parkedLanesPerPartition.value;
      await backend.postgres.query(sql`
        insert into ${table} (consumer_group, topic, partition, event_offset, lane, event_id, headers, code, state, due_at)
        select consumer_group, topic, partition, 1000 + n, 'lane-' || n, '', '{}', 'handler_failed', 'dead', now()
        from ${table}, generate_series(2, ${most}::integer) n where topic = ${topic.name}`);
      await within(async () => expect(await metric('events_parked_lanes', labels)).toBe(most));
      await bus.publish(topic, [...outgoing(['bad-too'], 2), ...outgoing(['bad', 'lane-2'], 1, 1)]);
      await within(async () => expect(await rows(topic.name)).toHaveLength(most + 2));
      expect((await rows(topic.name)).slice(most)).toEqual(
        expect.arrayContaining([
          { lane: 'bad', code: 'lane_parked' },
          { lane: 'lane-2', code: 'lane_parked' },
        ]),
      );
      await within(() => expect(received.lane('bad-too')).toEqual([1]));
      const [dead, ...more] = await backend.records(`${topic.name}.dlq`);
      expect([dead?.key, dead?.headers['ce_errorcode'], more]).toEqual(['bad-too', 'parking_full', []]);
      await backend.postgres.query(sql`delete from ${table} where topic = ${topic.name} and lane = 'lane-3'`);
      // The lane gets a turn before it is known to be free: until then there is no place for another one.
      let tries = 0;
      await within(async () => {
        await bus.publish(topic, outgoing([`bad-later-${tries++}`], 1));
        expect((await rows(topic.name)).map(({ lane }) => lane)).toContainEqual(
          expect.stringMatching(/^bad-later/),
        );
      });
    });

    it('removes what nobody brought to an end in time, counts it, and the lane goes on behind it', async () => {
      const { backend, clients } = get();
      const topic = noteTopic();
      const received = new Received();
      const { bus, metric } = clients.measured({ parking: never });
      await bus.subscribe(
        parking(
          topic,
          failingOn(received, ({ data }) => data.n === 0),
        ),
      );
      await bus.publish(topic, outgoing(['old', 'young'], 2));
      await within(async () => expect(await rows(topic.name)).toHaveLength(4));
      const parkedFor = (lane: string, minutesMore: number) =>
        backend.postgres.query(sql`update ${table} set parked_at = now()
          - ${limits.parkedRetentionMs.value + minutesMore * 60_000} * interval '1 ms'
          where topic = ${topic.name} and lane = ${lane} and code = 'handler_failed'`);
      await parkedFor('young', -1);
      await parkedFor('old', 1);
      await within(() => expect(received.lane('old')).toEqual([1]));
      const labels = { topic: topic.name, group: 'conformance', code: 'handler_failed' };
      expect(await metric('events_parked_expired_total', labels)).toBe(1);
      await within(async () =>
        expect(await rows(topic.name)).toEqual([
          { lane: 'young', code: 'handler_failed' },
          { lane: 'young', code: 'lane_parked' },
        ]),
      );
      expect(received.lane('young')).toEqual([]);
    });

    it('moves lanes with their partitions between two members that live', async () => {
      const { clients } = get();
      const topic = noteTopic();
      const lanes = Array.from({ length: 24 }, (_, n) => `lane-${n}`);
      const [mended, owned] = [new Received(), new Owned()];
      const broken = await clients
        .open({ parking: soon })
        .subscribe(parking(topic, () => Promise.reject(new Error('broken'))));
      const publisher = clients.open();
      await publisher.publish(topic, outgoing(lanes, 2));
      await within(async () => expect(await rows(topic.name)).toHaveLength(48));
      const heir = clients.open({ parking: soon });
      await heir.subscribe(parking(topic, mended.handle, owned));
      await within(() => expect(owned.partitions.size).toBe(2));
      const moved = new Set<string>();
      for (const lane of lanes) {
        if (owned.partitions.has(await heir.partitionOf(topic, lane))) moved.add(lane);
      }
      expect(moved.size).toBeGreaterThan(0);
      expect(moved.size).toBeLessThan(lanes.length);
      await publisher.publish(topic, outgoing(lanes, 1, 2));
      const left = lanes.filter((lane) => !moved.has(lane));
      await within(async () => {
        for (const lane of moved) expect(mended.lane(lane)).toEqual(upTo(3));
        expect(await rows(topic.name)).toHaveLength(left.length * 3);
      });
      for (const lane of left) expect(mended.lane(lane)).toEqual([]);
      await broken.close();
      await within(async () => {
        for (const lane of lanes) expect(mended.lane(lane)).toEqual(upTo(3));
        expect(await rows(topic.name)).toEqual([]);
      });
    });
  });
}
