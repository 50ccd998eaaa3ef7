import { sql } from '@causeway/postgres';
import { createMetrics } from '@causeway/telemetry';
import { describe, expect, it, vi } from 'vitest';
import type { IncomingEvent, SubscribeOptions } from '../bus.js';
import { laneOf } from '../dead-letters/letter.js';
import type { Fixture } from './index.js';
import { note, noteTopic, outgoing, Received, subscription, upTo, type Note } from './note-topic.js';
import { parkingSchema } from './parked-events-table.js';

/** Delayed tries within milliseconds, or none within the test. */
const soon = { firstDelayMs: 20, longestDelayMs: 50, rounds: 1_000, pollMs: 20 };
const never = { ...soon, rounds: 0 };
const actor = 'operator';

/** A handler that fails on some notes as long as it is told to. */
class Failing {
  readonly received = new Received();
  failing = true;
  tries = 0;

  constructor(private readonly bad: (event: IncomingEvent<Note>) => boolean) {}

  readonly handle = async (event: IncomingEvent<Note>): Promise<void> => {
    if (this.failing && this.bad(event)) {
      this.tries += 1;
      throw new Error('not now');
    }
    await this.received.handle(event);
  };
}

const parking = (topic: SubscribeOptions<Note>['topic'], handle: SubscribeOptions<Note>['handle']) =>
  subscription(topic, handle, { onPoison: 'park', retry: { attempts: 1, backoffMs: 1 } });

const first = (event: IncomingEvent<Note>): boolean => event.key === 'bad' && event.data.n === 0;

export function parkingSuite(get: () => Fixture): void {
  describe('parking', () => {
    const rows = (topic: string) =>
      get().backend.postgres.query<{ lane: string; code: string; state: string; rounds: number }>(sql`
        select lane, code, state, rounds from ${sql.ident(parkingSchema, 'parked_events')}
        where topic = ${topic} order by seq`);
    const within = (condition: () => void | Promise<void>) =>
      vi.waitFor(condition, { timeout: get().deadlineMs, interval: 50 });

    it('keeps a failing event and its lane in order until it can be handled, and other keys go on', async () => {
      const topic = noteTopic();
      const handler = new Failing(first);
      const bus = get().clients.open({ parking: soon });
      await bus.subscribe(parking(topic, handler.handle));
      await bus.publish(topic, outgoing(['bad', 'good', 'fine'], 10));
      await within(async () => {
        for (const lane of ['good', 'fine']) expect(handler.received.lane(lane)).toEqual(upTo(10));
        expect(await rows(topic.name)).toHaveLength(10);
        expect(handler.tries).toBeGreaterThan(2);
      });
      expect(handler.received.lane('bad')).toEqual([]);
      expect((await rows(topic.name)).map(({ code }) => code)).toEqual([
        'handler_failed',
        ...Array<string>(9).fill('lane_parked'),
      ]);
      handler.failing = false;
      await bus.publish(topic, outgoing(['bad'], 5, 10));
      await within(() => expect(handler.received.lane('bad')).toEqual(upTo(15)));
      await within(async () => expect(await rows(topic.name)).toEqual([]));
      expect(await get().backend.records(`${topic.name}.dlq`)).toEqual([]);
    });

    it('keeps the lane parked through a restart, until an operator replays it', async () => {
      const topic = noteTopic();
      const before = new Failing(first);
      const old = get().clients.open({ parking: never });
      await old.subscribe(parking(topic, before.handle));
      await old.publish(topic, outgoing(['bad', 'good'], 2));
      await within(async () => expect(await rows(topic.name)).toHaveLength(2));
      await old.close();
      const after = new Failing(() => false);
      const bus = get().clients.open({ parking: soon });
      await bus.publish(topic, outgoing(['bad', 'good'], 2, 2));
      await bus.subscribe(parking(topic, after.handle));
      await within(async () => {
        expect(after.received.lane('good')).toEqual(expect.arrayContaining([2, 3]));
        expect(await rows(topic.name)).toHaveLength(4);
      });
      expect(after.received.lane('bad')).toEqual([]);
      const letters = await get().backend.deadLetters([topic]);
      const { groups, letters: listed } = await letters.list({ topic: topic.name }, 10);
      expect(groups).toMatchObject([
        { code: 'handler_failed', state: 'dead', letters: 1, lanes: 1 },
        { code: 'lane_parked', state: 'behind', letters: 3, lanes: 1 },
      ]);
      expect(JSON.stringify(listed)).not.toMatch(/"bad"|payload"/);
      const id = listed[0]?.id ?? '';
      expect(await letters.replay(id, actor)).toMatchObject({ replayed: [{ id }], already: false });
      await within(() => expect(after.received.lane('bad')).toEqual(upTo(4)));
      await within(async () => expect(await rows(topic.name)).toEqual([]));
      expect(await letters.replay(id, actor)).toEqual({ replayed: [], refused: [], already: true });
      expect(await letters.replayAll({ topic: topic.name }, 10, actor)).toMatchObject({ replayed: [] });
      await bus.publish(topic, outgoing(['bad'], 1, 4));
      await within(() => expect(after.received.lane('bad')).toEqual(upTo(5)));
      await letters.close();
    });

    it('gives up after so many delayed tries; dropping what failed lets the lane go on', async () => {
      const topic = noteTopic();
      const handler = new Failing(first);
      const bus = get().clients.open({ parking: { ...soon, rounds: 2 } });
      await bus.subscribe(parking(topic, handler.handle));
      await bus.publish(topic, outgoing(['bad'], 3));
      await within(async () =>
        expect(await rows(topic.name)).toMatchObject([{ state: 'dead', rounds: 2 }, {}, {}]),
      );
      expect(handler.tries).toBe(3);
      const letters = await get().backend.deadLetters([topic]);
      const { letters: listed } = await letters.list({ topic: topic.name, lane: laneOf('bad') }, 1);
      await letters.drop(listed[0]?.id ?? '', 'of a test', actor);
      await within(() => expect(handler.received.lane('bad')).toEqual([1, 2]));
      await expect(letters.drop(listed[0]?.id ?? '', 'again', actor)).rejects.toMatchObject({
        code: 'dead_letter_unknown',
      });
      await letters.close();
    });

    it('parks what a newer version wrote, and handles it in order after the upgrade', async () => {
      const topic = noteTopic();
      const older = {
        ...topic,
        schema: { parse: (value: unknown) => refuseNewer(topic.schema.parse(value)) },
      };
      const before = new Received();
      const old = get().clients.open({ parking: soon });
      await old.subscribe(parking(older, before.handle));
      await get()
        .clients.open()
        .publish(topic, [...outgoing(['a'], 1), { data: note('a', 100) }, { data: note('a', 2) }]);
      await within(async () =>
        expect(await rows(topic.name)).toMatchObject([
          { code: 'event_invalid', state: 'dead' },
          { code: 'lane_parked', state: 'behind' },
        ]),
      );
      await old.close();
      const after = new Received();
      await get().clients.open({ parking: soon }).subscribe(parking(topic, after.handle));
      const letters = await get().backend.deadLetters([topic]);
      await letters.replayAll({ topic: topic.name }, 10, actor);
      await within(() => expect(after.lane('a')).toEqual([100, 2]));
      expect(before.lane('a')).toEqual([0]);
      await letters.close();
    });

    it('bounds a lane: what comes when it is full is a dead letter, which can be replayed later', async () => {
      const { backend, clients } = get();
      const topic = noteTopic();
      const handler = new Failing((event) => event.key === 'bad');
      const bus = clients.open({ parking: never });
      await bus.subscribe(parking(topic, handler.handle));
      await bus.publish(topic, outgoing(['bad'], 1));
      await within(async () => expect(await rows(topic.name)).toHaveLength(1));
      const table = sql.ident(parkingSchema, 'parked_events');
      await backend.postgres.query(sql`
        insert into ${table} (consumer_group, topic, partition, event_offset, lane, event_id, headers, code, state, due_at)
        select consumer_group, topic, partition, 1000 + n, lane, '', '{}', 'lane_parked', 'behind', now()
        from ${table}, generate_series(1, 999) n where topic = ${topic.name}`);
      await bus.publish(topic, outgoing(['bad'], 1, 1));
      const letters = await backend.deadLetters([topic]);
      const buried = async () => (await letters.list({ topic: topic.name, code: 'lane_full' }, 1)).letters[0];
      await within(async () => expect(await buried()).toMatchObject({ state: 'buried', hasPayload: true }));
      const letter = await buried();
      const id = letter?.id ?? '';
      await expect(letters.replay(id, actor)).rejects.toMatchObject({ code: 'dead_letter_lane_full' });
      await backend.postgres.query(sql`delete from ${table} where topic = ${topic.name}`);
      handler.failing = false;
      expect(await letters.reveal(id, actor)).toMatchObject({
        key: 'bad',
        payload: JSON.stringify(note('bad', 1)),
      });
      const both = await Promise.all([letters.replay(id, actor), letters.replay(id, 'somebody else')]);
      expect(both.map(({ already }) => already).sort()).toEqual([false, true]);
      expect(both.flatMap(({ replayed }) => replayed)).toMatchObject([{ id }]);
      expect(await letters.replay(id, actor)).toMatchObject({ already: true });
      await expect(letters.drop(id, 'too late', actor)).rejects.toMatchObject({
        code: 'dead_letter_unknown',
      });
      const [audit] = await backend.postgres.query<{ times: number }>(sql`
        select count(*)::integer as times from operations.dead_letter_actions
        where letter = ${id} and action = 'replayed'`);
      expect(audit).toEqual({ times: 1 });
      expect(await buried()).toBeUndefined();
      await within(() => expect(handler.received.lane('bad')).toEqual([1]));
      await letters.close();
    });

    it('tells how many lanes are parked and for how long', async () => {
      const topic = noteTopic();
      const handler = new Failing(first);
      const metrics = createMetrics('conformance');
      const bus = get().clients.open({ parking: soon }, 4, metrics);
      await bus.subscribe(parking(topic, handler.handle));
      await bus.publish(topic, outgoing(['bad', 'good'], 1));
      const gauge = async (name: string): Promise<number> => {
        const line = (await metrics.render()).split('\n').find((text) => text.includes(`${name}{`));
        return Number(line?.split(' ').at(-1));
      };
      await within(async () => {
        expect(await gauge('events_parked_lanes')).toBe(1);
        expect(await gauge('events_parked_oldest_seconds')).toBeGreaterThan(0);
      });
      handler.failing = false;
      await within(async () => {
        expect(await gauge('events_parked_lanes')).toBe(0);
        expect(await gauge('events_parked_oldest_seconds')).toBe(0);
      });
    });

    it('refuses to park what is sealed, what has no owner', async () => {
      const bus = get().clients.open();
      const { handle } = new Received();
      for (const options of [
        parking(noteTopic({ sealed: true }), handle),
        { ...parking(noteTopic(), handle), mode: 'broadcast' as const },
      ])
        await expect(bus.subscribe(options)).rejects.toMatchObject({ code: 'parking_refused' });
    });
  });
}

function refuseNewer(value: Note): Note {
  if (value.n >= 100) throw new Error('of a newer version');
  return value;
}
