import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  EventBusError,
  migrateEventLog,
  openEventBus,
  type EventBus,
  type OutgoingEvent,
} from '@causeway/events';
import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { createMetrics, type Metrics } from '@causeway/telemetry';
import {
  captureLogs,
  createTestDatabase,
  eventually,
  FakeClock,
  plansOf,
  type TestDatabase,
} from '@causeway/testing';
import { appendToOutbox, claimInbox, claimInboxBatch, inboxSweep, OutboxDrainer } from './index.js';
import { oldestAge, oldestRows } from './rows.js';

interface Note {
  readonly lane: string;
  readonly n: number;
}

const parse = (value: unknown): Note => {
  const { lane, n } = value as Partial<Note>;
  if (typeof lane !== 'string' || typeof n !== 'number') throw new Error('not a note');
  return { lane, n };
};
const newTopic = () => ({
  name: `outbox.${randomUUID()}.v1`,
  schema: { parse },
  key: (event: Note) => event.lane,
});

/** Time that stands still, and the waits that were asked of it. */
class WaitingClock extends FakeClock {
  readonly waits: number[] = [];

  override setTimeout(fn: () => void, ms: number) {
    this.waits.push(ms);
    return super.setTimeout(fn, ms);
  }
}

let database: TestDatabase;
let postgres: Postgres;
let bus: EventBus;
let topic: ReturnType<typeof newTopic>;
let drainers: OutboxDrainer[];

const logs = captureLogs();

beforeAll(async () => {
  database = await createTestDatabase(inject('engines'));
  postgres = Postgres.connect(database.url, {
    poolSize: 8,
    applicationName: 'outbox',
    statementTimeoutMs: 5_000,
  });
  await migrateEventLog(postgres);
  await postgres.query(sql`create schema owner`);
  await postgres.query(sql`create table owner.outbox (id uuid primary key default gen_random_uuid(), seq bigserial,
    topic text not null, key text not null, event jsonb not null, traceparent text,
    created_at timestamptz not null default now())`);
  await postgres.query(sql`create index outbox_seq_idx on owner.outbox (seq)`);
  await postgres.query(sql`create table owner.inbox (source text, id text,
    received_at timestamptz not null default now(), primary key (source, id))`);
  await postgres.query(sql`create index inbox_received_at_idx on owner.inbox (received_at)`);
});

beforeEach(() => {
  topic = newTopic();
  drainers = [];
  bus = openEventBus('postgres:', {
    clientId: 'outbox',
    postgres,
    logger: logs.logger,
    metrics: createMetrics('outbox'),
    partitions: 2,
  });
});

afterEach(async () => {
  await Promise.all(drainers.map((drainer) => drainer.stop()));
  await bus.close();
  await postgres.query(sql`truncate owner.outbox, owner.inbox`);
});

afterAll(async () => {
  await postgres.close();
  await database.drop();
});

interface DrainOptions {
  readonly through?: EventBus;
  readonly metrics?: Metrics;
  readonly over?: Postgres;
  readonly clock?: Clock;
}

function drain({
  through = bus,
  metrics = createMetrics('outbox'),
  over = postgres,
  clock = systemClock,
}: DrainOptions = {}): OutboxDrainer {
  const drainer = new OutboxDrainer({
    postgres: over,
    schema: 'owner',
    bus: through,
    topics: [topic],
    clock,
    logger: logs.logger,
    metrics,
  });
  drainers.push(drainer);
  drainer.start();
  return drainer;
}

const append = (events: readonly OutgoingEvent<Note>[]): Promise<void> =>
  postgres.transaction((tx) => appendToOutbox(tx, 'owner', topic, events));
const note = (lane: string, n: number): OutgoingEvent<Note> => ({ data: { lane, n } });
const waiting = async (): Promise<number> =>
  (await postgres.query(sql`select 1 from owner.outbox where topic = ${topic.name}`)).length;
const published = (): Promise<{ n: number; id: string; traceparent: string | null }[]> =>
  postgres.query(sql`select (payload::jsonb ->> 'n')::integer as n, headers ->> 'ce_id' as id,
    headers ->> 'traceparent' as traceparent from eventlog.events where topic = ${topic.name} order by "offset"`);

/** A bus whose publish can be made to fail before or after it took effect. */
function faulty(fail: (call: number) => 'before' | 'after' | undefined): EventBus {
  let calls = 0;
  return {
    ...Object.fromEntries(
      ['subscribe', 'partitionCount', 'partitionOf', 'close'].map((name) => [name, undefined]),
    ),
    async publish(to, events) {
      const fault = fail(++calls);
      if (fault === 'before') throw new EventBusError('publish_timeout', 'injected');
      await bus.publish(to, events);
      if (fault === 'after') throw new EventBusError('publish_timeout', 'injected');
    },
  } as EventBus;
}

describe('outbox', () => {
  it('publishes what was committed, in order, with the trace, and nothing that was rolled back', async () => {
    drain();
    const traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
    await append([{ ...note('a', 1), traceparent }, note('a', 2)]);
    await postgres
      .transaction(async (tx) => {
        await appendToOutbox(tx, 'owner', topic, [note('a', 99)]);
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    await append([note('a', 3)]);
    await eventually(async () => expect((await published()).map((event) => event.n)).toEqual([1, 2, 3]));
    expect((await published())[0]?.traceparent).toBe(traceparent);
    await eventually(async () => expect(await waiting()).toBe(0));
  });

  it('is woken by the commit, not by the poll', async () => {
    // Time stands still: no poll ever comes.
    drain({ clock: new FakeClock() });
    for (let n = 0; n < 5; n++) {
      await append([note('a', n)]);
      await eventually(async () => expect(await published()).toHaveLength(n + 1));
    }
  });

  it('looks every five seconds for a row that nobody told of', async () => {
    const clock = new WaitingClock();
    drain({ clock });
    await append([note('a', 0)]);
    await eventually(async () => expect(await published()).toHaveLength(1));
    await eventually(() => expect(clock.waits.at(-1)).toBe(5_000));
    await postgres.query(sql`insert into owner.outbox (topic, key, event)
      values (${topic.name}, 'a', ${JSON.stringify({ lane: 'a', n: 1 })})`);
    const looks = clock.waits.length;
    await clock.advance(4_999);
    expect(clock.waits).toHaveLength(looks);
    expect(await published()).toHaveLength(1);
    await clock.advance(1);
    await eventually(async () => expect(await published()).toHaveLength(2));
  });

  it('asks for its turn every second while another one works, and takes over then', async () => {
    const other = Postgres.connect(database.url, {
      poolSize: 2,
      applicationName: 'other',
      statementTimeoutMs: 5_000,
    });
    const first = drain();
    await append([note('a', 0)]);
    await eventually(async () => expect(await waiting()).toBe(0));
    const clock = new WaitingClock();
    const second = drain({ over: other, clock });
    for (let asked = 1; asked <= 3; asked++) {
      await eventually(() => expect(clock.waits).toEqual(Array<number>(asked).fill(1_000)));
      await clock.advance(1_000);
    }
    await eventually(() => expect(clock.waits).toHaveLength(4));
    await first.stop();
    await postgres.query(sql`insert into owner.outbox (topic, key, event)
      values (${topic.name}, 'a', ${JSON.stringify({ lane: 'a', n: 1 })})`);
    expect(await waiting()).toBe(1);
    await clock.advance(1_000);
    await eventually(async () => expect(await waiting()).toBe(0));
    await second.stop();
    await other.close();
  });

  it('publishes again with the same id after a crash between publish and delete', async () => {
    await append([note('a', 1), note('a', 2)]);
    const crashing = drain({ through: faulty(() => 'after') });
    await eventually(async () => expect((await published()).length).toBeGreaterThanOrEqual(2));
    await crashing.stop();
    expect(await waiting()).toBe(2);
    drain();
    await eventually(async () => expect(await waiting()).toBe(0));
    const events = await published();
    expect(new Set(events.map((event) => event.id)).size).toBe(2);
    expect(events.length).toBeGreaterThanOrEqual(4);
    expect(events.slice(-2).map((event) => event.n)).toEqual([1, 2]);
  });

  it('survives failures of the bus, drains more than a batch, and loses nothing', async () => {
    await append(Array.from({ length: 1_200 }, (_, n) => note(`lane-${n % 5}`, n)));
    drain({ through: faulty((call) => (call % 2 === 1 && call < 6 ? 'before' : undefined)) });
    await eventually(async () => expect(await waiting()).toBe(0), { deadlineMs: 15_000 });
    expect(new Set((await published()).map((event) => event.n)).size).toBe(1_200);
  });

  it('lets one drainer work at a time, and another take over', async () => {
    const other = Postgres.connect(database.url, {
      poolSize: 2,
      applicationName: 'other',
      statementTimeoutMs: 5_000,
    });
    const calls = { first: 0, second: 0 };
    const count = (name: keyof typeof calls): EventBus => faulty(() => void calls[name]++ as undefined);
    const first = drain({ through: count('first') });
    await append([note('a', 1)]);
    await eventually(async () => expect(await waiting()).toBe(0));
    const second = drain({ through: count('second'), over: other });
    await append([note('a', 2)]);
    await eventually(async () => expect(await waiting()).toBe(0));
    expect(calls.second).toBe(0);
    await first.stop();
    await append([note('a', 3)]);
    await eventually(async () => expect(await waiting()).toBe(0));
    expect(calls.second).toBe(1);
    await second.stop();
    await other.close();
  });

  it('holds back the lane of an event that is refused, while other lanes go on', async () => {
    await append([note('bad', 1), note('good', 2)]);
    await postgres.query(sql`update owner.outbox set event = '{"lane":"bad"}' where key = 'bad'`);
    await append([note('bad', 3), note('good', 4)]);
    const [metrics, clock] = [createMetrics('outbox'), new FakeClock(Date.now())];
    drain({ metrics, clock });
    await eventually(async () => expect((await published()).map((event) => event.n)).toEqual([2, 4]));
    await eventually(async () => expect(await waiting()).toBe(2));
    await eventually(async () =>
      expect(await metrics.render()).toMatch(/outbox_oldest_age_seconds\{[^}]*\} \d+\.\d*[1-9]/),
    );
    await postgres.query(sql`update owner.outbox set event = '{"lane":"bad","n":1}'
      where event = '{"lane":"bad"}'`);
    await clock.advance(59_000);
    await eventually(async () => {
      await clock.advance(5_000);
      const numbers = (await published()).map((event) => event.n);
      expect(numbers.filter((n) => n % 2 === 1)).toEqual([1, 3]);
    });
  });

  it('refuses an event that does not follow its contract before it is stored', async () => {
    const wrong = { data: { lane: 'a' } as Note };
    await expect(append([wrong])).rejects.toMatchObject({ code: 'event_invalid' });
    expect(await waiting()).toBe(0);
  });
});

describe('statements', () => {
  it('read a large outbox that holds few rows by its index, whatever the planner would rather do', async () => {
    await postgres.query(sql`insert into owner.outbox (topic, key, event)
      select ${topic.name}, 'a', jsonb_build_object('lane', repeat('x', 400)) from generate_series(1, 20000)`);
    await postgres.query(sql`delete from owner.outbox where seq % 100 <> 0`);
    await postgres.query(sql`vacuum analyze owner.outbox`);
    const [plain] = await postgres.query<object>(
      sql`explain select id from owner.outbox order by seq limit 500`,
    );
    expect(JSON.stringify(plain)).not.toContain('Index Scan');
    const plans = await plansOf(postgres, async (db) => {
      await oldestRows(db, 'owner', [{ topic: 'other', key: 'b' }], 500);
      await oldestAge(db, 'owner');
    });
    expect(plans.map(({ indexes }) => indexes)).toEqual([['outbox_seq_idx'], ['outbox_seq_idx']]);
  });

  it('claim and sweep by index', async () => {
    const plans = await plansOf(postgres, async (db) => {
      await claimInboxBatch(db, 'owner', [{ source: 'a', id: '1' }]);
      await inboxSweep('owner').batch(db);
    });
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes)).toContain('inbox_received_at_idx');
  });
});

describe('inbox', () => {
  it('claims an event once, and not at all when the effect is rolled back', async () => {
    const claim = (id: string): Promise<boolean> =>
      postgres.transaction((tx) => claimInbox(tx, 'owner', 'peer', id));
    const failed = postgres.transaction(async (tx) => {
      await claimInbox(tx, 'owner', 'peer', 'one');
      throw new Error('no effect');
    });
    await expect(failed).rejects.toThrow('no effect');
    const claims = await Promise.all([claim('one'), claim('one'), claim('one'), claim('two')]);
    expect(claims.filter(Boolean)).toHaveLength(2);
  });

  it('claims a batch with one statement: what is new, each once', async () => {
    const claims = (ids: readonly string[]) => ids.map((id) => ({ source: 'batch', id }));
    const claim = (ids: readonly string[]) =>
      postgres.transaction((tx) => claimInboxBatch(tx, 'owner', claims(ids)));
    expect(await claim([])).toEqual([]);
    expect(await claim(['b', 'a', 'b'])).toEqual(claims(['a', 'b']));
    expect(await claim(['a', 'c'])).toEqual(claims(['c']));
    const bound = limits.inboxClaimItems.value;
    const ids = (count: number) => Array.from({ length: count }, (_, n) => `many-${n}`);
    expect(await claim(ids(bound))).toHaveLength(bound);
    await expect(claim(ids(bound + 1))).rejects.toMatchObject({ code: 'inbox_batch_too_large' });
  });

  it('does not lock out another batch that claims the same ids in another order', async () => {
    const ids = Array.from({ length: 200 }, (_, n) => `cross-${n}`);
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        postgres.transaction((tx) => {
          const order = n % 2 === 0 ? ids : ids.toReversed();
          return claimInboxBatch(
            tx,
            'owner',
            order.map((id) => ({ source: 'cross', id })),
          );
        }),
      ),
    );
    expect(claims.flat()).toHaveLength(ids.length);
  });

  it('forgets what is older than the retention, and nothing else', async () => {
    const seconds = limits.inboxRetentionMs.value / 1_000;
    await postgres.query(sql`insert into owner.inbox (source, id, received_at)
      values ('peer', 'old', now() - make_interval(secs => ${seconds + 60})),
             ('peer', 'kept', now() - make_interval(secs => ${seconds - 60}))`);
    expect(await postgres.transaction((tx) => inboxSweep('owner').batch(tx))).toEqual({ expired: 1 });
    expect(await postgres.query(sql`select id from owner.inbox`)).toEqual([{ id: 'kept' }]);
  });
});
