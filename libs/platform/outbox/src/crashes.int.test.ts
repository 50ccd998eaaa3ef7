import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { EventBusError, type EventBus, type OutgoingEvent, type TopicContract } from '@causeway/events';
import { systemClock } from '@causeway/lifecycle';
import { Postgres, sql, type SqlExecutor } from '@causeway/postgres';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, createTestDatabase, eventually, type TestDatabase } from '@causeway/testing';
import { appendToOutbox, OutboxDrainer } from './index.js';

interface Note {
  readonly lane: string;
  readonly n: number;
}

/** One step of a history. */
type Step =
  /** A transaction that appends to lanes, and commits or does not. */
  | { readonly kind: 'append'; readonly lanes: readonly number[]; readonly commit: boolean }
  /** The next publish fails, before or after the broker took it; or its drainer loses the database after it. */
  | { readonly kind: 'fault'; readonly fault: 'refused' | 'unacknowledged' | 'cut' }
  /** A drainer ends as a process does, and another begins. */
  | { readonly kind: 'restart' }
  /** Another pod's drainer begins; or the oldest one ends. */
  | { readonly kind: 'join' }
  /** The drainers are given the time to publish something, if there is anything. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'leave' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      lanes: fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }),
      commit: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom('refused' as const, 'unacknowledged' as const, 'cut' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'restart' as const }, { kind: 'join' as const }) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'leave' as const }, { kind: 'wait' as const }) },
);

let database: TestDatabase;
let admin: Postgres;
const logger = captureLogs().logger;
const topic: TopicContract<Note> = {
  name: 'outbox.crashes.v1',
  schema: { parse: (value) => value as Note },
  key: ({ lane }) => lane,
};

const open = (applicationName: string): Postgres =>
  Postgres.connect(database.url, { poolSize: 3, applicationName, statementTimeoutMs: 5_000 });

beforeAll(async () => {
  database = await createTestDatabase(inject('engines'));
  admin = open('admin');
  await admin.query(sql`create schema owner`);
  await admin.query(sql`create table owner.outbox (id uuid primary key default gen_random_uuid(), seq bigserial,
    topic text not null, key text not null, event jsonb not null, traceparent text,
    created_at timestamptz not null default now())`);
  await admin.query(sql`create index on owner.outbox (seq)`);
});
afterAll(async () => {
  await admin.close();
  await database.drop();
});

interface Pod {
  readonly name: string;
  readonly postgres: Postgres;
  readonly drainer: OutboxDrainer;
}

/** A broker, with the pods that drain into it. */
class History {
  readonly log: { readonly lane: string; readonly n: number; readonly id: string }[] = [];
  readonly committed: Note[] = [];
  readonly #pods: Pod[] = [];
  readonly #faults: Extract<Step, { kind: 'fault' }>['fault'][] = [];
  #n = 0;

  async take(next: Step): Promise<void> {
    if (next.kind === 'append') await this.#append(next);
    if (next.kind === 'fault') this.#faults.push(next.fault);
    if (next.kind === 'wait' && this.#pods.length > 0) await this.#published();
    if (next.kind === 'restart' || next.kind === 'leave') await this.#kill(this.#pods.shift());
    if (next.kind === 'restart' || (next.kind === 'join' && this.#pods.length < 3)) this.#start();
  }

  /** All that was committed goes out in the end. */
  async end(): Promise<void> {
    // Faults that are left meet the drainers now: each is for one publish.
    if (this.#pods.length === 0) this.#start();
    await eventually(async () => expect(await admin.query(sql`select 1 from owner.outbox`)).toEqual([]), {
      deadlineMs: 20_000,
      everyMs: 10,
    });
    for (const pod of this.#pods.splice(0)) await this.#kill(pod);
  }

  async #published(): Promise<void> {
    const before = this.log.length;
    const goesOn = async () =>
      this.log.length > before || (await admin.query(sql`select 1 from owner.outbox limit 1`)).length === 0;
    await eventually(async () => expect(await goesOn()).toBe(true), { deadlineMs: 20_000, everyMs: 10 });
  }

  async #append({ lanes, commit }: Extract<Step, { kind: 'append' }>): Promise<void> {
    const events = lanes.map((lane): OutgoingEvent<Note> => ({
      data: { lane: `lane-${lane}`, n: this.#n++ },
    }));
    const write = (tx: SqlExecutor) => appendToOutbox(tx, 'owner', topic, events);
    if (commit) {
      await admin.transaction(write);
      this.committed.push(...events.map(({ data }) => data));
      return;
    }
    const undone = admin.transaction(async (tx) => {
      await write(tx);
      throw new Error('rolled back');
    });
    await expect(undone).rejects.toThrow('rolled back');
  }

  #start(): void {
    const name = `pod-${randomUUID()}`;
    const postgres = open(name);
    const publish: EventBus['publish'] = (_topic, events) =>
      this.#publish(name, events as readonly OutgoingEvent<unknown>[] as readonly OutgoingEvent<Note>[]);
    const drainer = new OutboxDrainer({
      postgres,
      schema: 'owner',
      // A drainer does nothing else with a bus.
      bus: { publish } as unknown as EventBus,
      topics: [topic],
      clock: systemClock,
      logger,
      metrics: createMetrics('crashes'),
    });
    drainer.start();
    this.#pods.push({ name, postgres, drainer });
  }

  async #publish(pod: string, events: readonly OutgoingEvent<Note>[]): Promise<void> {
    const fault = this.#faults.shift();
    if (fault === 'refused') throw new EventBusError('publish_timeout', 'injected');
    for (const { data, id } of events) this.log.push({ ...data, id: id ?? '' });
    if (fault === 'unacknowledged') throw new EventBusError('publish_timeout', 'injected');
    if (fault === 'cut') await cutOff(pod);
  }

  /** Ends a pod's connections, and with them its lock, wherever it is; only then is it told to stop. */
  async #kill(pod: Pod | undefined): Promise<void> {
    if (pod === undefined) return;
    await cutOff(pod.name);
    await pod.drainer.stop();
    await pod.postgres.close();
  }
}

async function cutOff(pod: string): Promise<void> {
  await admin.query(sql`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${pod}`);
}

const first = <T>(values: readonly T[]): T[] => [...new Set(values)];

it('loses nothing, publishes nothing that was undone, and keeps the order of each lane, wherever it crashes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const history = new History();
      try {
        for (const next of steps) await history.take(next);
      } finally {
        await history.end();
      }
      const { log, committed } = history;
      // Nothing lost, nothing that was rolled back.
      expect(first(log.map(({ n }) => n)).toSorted((a, b) => a - b)).toEqual(committed.map(({ n }) => n));
      // What is there twice is the same event with the same id.
      expect(first(log.map(({ id }) => id))).toHaveLength(committed.length);
      for (const lane of first(committed.map((note) => note.lane))) {
        const published = log.filter((event) => event.lane === lane).map(({ n }) => n);
        const expected = committed.filter((note) => note.lane === lane).map(({ n }) => n);
        // A repetition begins again at something older, and then goes on in order: nothing is new out of its turn.
        expect(first(published)).toEqual(expected);
      }
    }),
    { numRuns: process.env['NIGHTLY'] === undefined ? 8 : 400 },
  );
}, 600_000);
