import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { Postgres, sql, type Sql } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { createTestDatabase, eventually, type TestDatabase } from '@causeway/testing';
import { note, noteTopic, outgoing, Owned, Received, subscription, upTo } from '../conformance/note-topic.js';
import { encodeEvent } from '../envelope/encode.js';
import { forgetMembers, migrateEventLog, openEventBus, type BusTuning, type EventBus } from '../index.js';
import { appendStatement } from './append.js';
import { sweepRetention } from './retention.js';

let database: TestDatabase;
let postgres: Postgres;
let buses: EventBus[];

function open(over = postgres, partitions = 2, tuning: Partial<BusTuning> = {}): EventBus {
  const bus = openEventBus('postgres:', {
    clientId: 'log-test',
    postgres: over,
    logger: createLogger({ service: 'log-test', level: 'silent' }),
    metrics: createMetrics('log-test'),
    partitions,
    tuning: { closeGraceMs: 200, ...tuning },
  });
  buses.push(bus);
  return bus;
}

const connect = (): Postgres =>
  Postgres.connect(database.url, { poolSize: 6, applicationName: 'log-test', statementTimeoutMs: 5_000 });

/** The database, and the statements that it is asked outside of transactions. */
function countStatements(over: Postgres): { readonly asked: string[]; readonly counted: Postgres } {
  const asked: string[] = [];
  const counted = new Proxy(over, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'query') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return (statement: Sql) => {
        asked.push(statement.text);
        return target.query(statement);
      };
    },
  });
  return { asked, counted };
}

beforeAll(async () => {
  database = await createTestDatabase(inject('engines'));
  postgres = connect();
  await migrateEventLog(postgres);
});

beforeEach(() => {
  buses = [];
});

afterEach(() => Promise.all(buses.map((bus) => bus.close())));

afterAll(async () => {
  await postgres.close();
  await database.drop();
});

describe('the log in Postgres', () => {
  it('never skips an event that is committed late', async () => {
    const topic = noteTopic();
    const received = new Received();
    const bus = open();
    await bus.subscribe(subscription(topic, received.handle));
    const partitions = await bus.partitionCount(topic);
    const late = outgoing(['a'], 2).map((event) =>
      encodeEvent(topic, event, { source: '/test', partitions }),
    );
    let overtaking: Promise<void> = Promise.resolve();
    await postgres.transaction(async (tx) => {
      await tx.query(appendStatement(late));
      // A second transaction on the same partition while the first has its offsets and is not committed.
      overtaking = bus.publish(topic, outgoing(['a'], 2, 2));
      await eventually(async () => {
        const waiting = await postgres.query(sql`select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%eventlog.heads%'`);
        expect(waiting).toHaveLength(1);
      });
      expect(received.events).toEqual([]);
    });
    await overtaking;
    await eventually(() => expect(received.lane('a')).toEqual(upTo(4)));
    expect(received.events.map((event) => event.offset)).toEqual(['0', '1', '2', '3']);
  });

  it('leaves no gap behind a transaction that is rolled back', async () => {
    const topic = noteTopic();
    const received = new Received();
    const bus = open();
    const partitions = await bus.partitionCount(topic);
    const lost = outgoing(['a'], 3).map((event) =>
      encodeEvent(topic, event, { source: '/test', partitions }),
    );
    const failed = postgres.transaction(async (tx) => {
      await tx.query(appendStatement(lost));
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    await bus.subscribe(subscription(topic, received.handle));
    await bus.publish(topic, outgoing(['a'], 2));
    await eventually(() => expect(received.events.map((event) => event.offset)).toEqual(['0', '1']));
  });

  it('finds what a lost notification did not tell', async () => {
    const topic = noteTopic();
    const received = new Received();
    const bus = open();
    await bus.subscribe(subscription(topic, received.handle));
    const partitions = await bus.partitionCount(topic);
    const event = encodeEvent(topic, { data: note('a', 7) }, { source: '/t', partitions });
    const statement = appendStatement([event]);
    const quiet = { ...statement, text: statement.text.replace(/pg_notify\((\$\d+)/, 'concat($1::text') };
    await postgres.query(quiet);
    await eventually(() => expect(received.lane('a')).toEqual([7]), { deadlineMs: 15_000 });
  });

  it(
    'gives the partitions of a member that died to the others, and fences its commits',
    { timeout: 30_000 },
    async () => {
      const topic = noteTopic();
      const received = new Received();
      const [dying, heir] = [new Owned(), new Owned()];
      const doomed = connect();
      const hang = () => new Promise<void>(() => undefined);
      const bus = open();
      await bus.publish(topic, outgoing(['a', 'b', 'c'], 3));
      const membership = await open(doomed).subscribe(subscription(topic, hang, dying));
      expect(membership.isSure()).toBe(true);
      // Its database is taken away: no heartbeat, no commit, no leaving.
      await doomed.close();
      await open().subscribe(subscription(topic, received.handle, heir));
      await eventually(() => expect(heir.partitions.size).toBe(2), { deadlineMs: 15_000 });
      await eventually(() => expect(received.events).toHaveLength(9));
      expect(membership.isSure()).toBe(false);
      expect(heir.generations.at(-1)).toBeGreaterThan(dying.generations[0] ?? Infinity);
    },
  );

  it('gives everything to the next member at once when those of a killed process are forgotten', async () => {
    const topic = noteTopic();
    const [dying, heir] = [new Owned(), new Owned()];
    const doomed = connect();
    await open(doomed).subscribe(subscription(topic, async () => undefined, dying));
    await doomed.close();
    await forgetMembers(postgres);
    await open().subscribe(subscription(topic, async () => undefined, heir));
    expect(heir.partitions.size).toBe(2);
  });

  it('takes a member that was forgotten and lives back in', { timeout: 30_000 }, async () => {
    const topic = noteTopic();
    const received = new Received();
    const bus = open();
    await bus.subscribe(subscription(topic, received.handle));
    await forgetMembers(postgres);
    const members = () => postgres.query(sql`select 1 from eventlog.members where topic = ${topic.name}`);
    await eventually(async () => expect(await members()).toHaveLength(1), { deadlineMs: 15_000 });
    await bus.publish(topic, outgoing(['a', 'b'], 3));
    await eventually(() => expect(received.events).toHaveLength(6));
  });

  it('goes on after every connection was cut', async () => {
    const topic = noteTopic();
    const received = new Received();
    const bus = open();
    await bus.subscribe(subscription(topic, received.handle));
    await bus.publish(topic, outgoing(['a', 'b'], 5));
    const admin = connect();
    await admin.query(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await admin.close();
    await bus.publish(topic, outgoing(['a', 'b'], 5, 5));
    await eventually(() => expect(new Set(received.events.map((event) => event.id)).size).toBe(20));
    for (const lane of ['a', 'b']) expect([...new Set(received.lane(lane))]).toEqual(upTo(10));
  });

  it('removes events after the retention of their topic', async () => {
    const [short, long] = [{ ...noteTopic(), retentionMs: 60_000 }, noteTopic()];
    const bus = open();
    for (const topic of [short, long]) await bus.publish(topic, outgoing(['a', 'b'], 3));
    await postgres.query(sql`update eventlog.events set created_at = now() - interval '2 minutes'
      where topic = any(${[short.name, long.name]}) and "offset" = 0`);
    const removed = await sweepRetention(postgres);
    expect(removed).toBeGreaterThanOrEqual(1);
    const left = (name: string) => postgres.query(sql`select 1 from eventlog.events where topic = ${name}`);
    expect((await left(short.name)).length).toBe(6 - removed);
    expect(await left(long.name)).toHaveLength(6);
    const received = new Received();
    await bus.subscribe(subscription(short, received.handle));
    await eventually(() => expect(received.events).toHaveLength(6 - removed));
  });

  it('asks the database no more for eight idle subscriptions than for one', async () => {
    const { asked, counted } = countStatements(connect());
    const bus = open(counted, 2, { lagMs: 50 });
    const topics = Array.from({ length: 8 }, () => noteTopic());
    const received = new Received();
    for (const topic of topics) await bus.subscribe(subscription(topic, received.handle));
    for (const topic of topics) await bus.publish(topic, outgoing(['a'], 1));
    await eventually(() => expect(received.events).toHaveLength(8));
    const renewals = () => asked.filter((text) => text.includes('update eventlog.members'));
    // Commits and the first look at each end are over when the second renewal from now is.
    const before = renewals().length;
    await eventually(() => expect(renewals().length).toBe(before + 2), { deadlineMs: 10_000 });
    asked.length = 0;
    await eventually(() => expect(renewals()).toHaveLength(2), { deadlineMs: 10_000 });
    // One poll of all topics may fall into that time, and find what was published before.
    expect(asked.length).toBeLessThanOrEqual(4);
    await counted.close();
  });

  it('notifies with topic and partition and nothing else', async () => {
    const topic = noteTopic();
    const bus = open();
    const told: string[] = [];
    const listener = await postgres.listen('eventlog', (payload) => told.push(payload));
    await bus.publish(topic, outgoing(['secret-lane'], 1));
    await eventually(() => expect(told.filter((payload) => payload.startsWith(topic.name))).toHaveLength(1));
    expect(told.find((payload) => payload.startsWith(topic.name))).toMatch(/^\S+ \d+$/);
    await listener.close();
  });
});
