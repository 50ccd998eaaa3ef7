import { randomBytes } from 'node:crypto';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { captureLogs, describeWithEngine, FakeClock } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DownstreamConsumer } from '../delivery/downstream.consumer.js';
import { ConnectionWorld } from '../fixtures/connection-world.js';
import { Submissions } from '../submissions/submissions.js';
import { DurableMailbox } from './durable-mailbox.js';
import type { Deliverable } from './mailbox-item.js';
import { mailboxRing, mailboxSweep, stallsSweep } from './mailbox.sweep.js';

describeWithEngine('postgres', 'bounds of the durable mailbox', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let durable: DurableMailbox;
  let world: ConnectionWorld;
  let consumer: DownstreamConsumer;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 4, applicationName: 'test', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('fanout'), options);
    durable = new DurableMailbox(postgres);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(async () => {
    await postgres.query(sql`delete from fanout.mailbox`);
    await postgres.query(sql`delete from fanout.mailbox_stalls`);
    const submissions = new Submissions(postgres, () => 0);
    world = new ConnectionWorld(new FakeClock(), captureLogs().logger, { durable, submissions }, 'provider');
    const { custodyOf, metrics } = world.deps;
    consumer = new DownstreamConsumer(world.coordination, durable, submissions, custodyOf, metrics);
    await world.connect();
  });
  afterEach(() => world.coordination.close());

  const message = (id: string) =>
    ({ ...world.message(id), dedupe: randomBytes(32).toString('base64') }) as Deliverable;
  const fill = (items: number, bytes: number, expires = '1 day') =>
    postgres.query(sql`
      insert into fanout.mailbox (session_key, dedupe_key, kind, payload, expires_at)
      select ${world.sessionKey}, '\\x00', 'message', convert_to(repeat('x', ${bytes}), 'UTF8'),
        now() + ${expires}::interval
      from generate_series(1, ${items})`);
  const makeRoom = () =>
    postgres.query(sql`delete from fanout.mailbox where seq in (
      select seq from fanout.mailbox where session_key = ${world.sessionKey} order by seq limit 5)`);
  const ids = async () => {
    const items = await durable.read(world.sessionKey, 0, limits.mailboxItems.value + 100);
    return items.flatMap(({ item }) => /"id":"(\w+)"/.exec(Buffer.from(item).toString())?.[1] ?? []);
  };
  /** How many stanzas of this session are settled with the gatekeeper. */
  const settled = async () =>
    (await postgres.query(sql`select 1 from fanout.outbox where key = ${world.sessionKey}`)).length;
  const counted = async (reason: string) =>
    new RegExp(`fanout_dropped_total\\{reason="${reason}"[^}]*\\} (\\d+)`).exec(
      await world.metrics.render(),
    )?.[1];

  describe('invariant 2: what does not fit stays with the gatekeeper', () => {
    it('at the bound of items: neither stored nor settled, and counted', async () => {
      await fill(limits.mailboxItems.value - 1, 1);
      await consumer.handle(message('fits'));
      await consumer.handle(message('more'));
      expect(await ids()).toEqual(['fits']);
      expect(await settled()).toBe(1);
      expect(await counted('mailbox_full')).toBe('1');
    });

    it('at the bound of bytes', async () => {
      const size = 4 * 1024 * 1024;
      await fill(limits.mailboxBytes.value / size, size);
      await consumer.handle(message('more'));
      expect(await ids()).toEqual([]);
      expect(await counted('mailbox_full')).toBe('1');
    });

    it('but not because of what has expired, or waits for others', async () => {
      await fill(limits.mailboxItems.value, 1, '-1 second');
      await postgres.query(sql`
        insert into fanout.mailbox (session_key, dedupe_key, kind, payload, expires_at)
        select 'another', '\\x00', 'message', '\\x00', now() + interval '1 day'
        from generate_series(1, ${limits.mailboxItems.value})`);
      await consumer.handle(message('fits'));
      expect(await ids()).toEqual(['fits']);
    });
  });

  it('invariant 3: what comes behind it waits too, and all of it is taken in order after the next login', async () => {
    await fill(limits.mailboxItems.value, 1);
    const [first, second] = [message('first'), message('second')];
    await consumer.handle(first);
    await makeRoom();
    await consumer.handle(second);
    expect(await ids()).toEqual([]);
    expect(await counted('mailbox_stalled')).toBe('1');
    await consumer.handle(world.event({ type: 'opened' }, { jid: '7-42@interop' }));
    for (const event of [first, second]) await consumer.handle({ ...event, ref: event.ref + 1_000 });
    expect(await ids()).toEqual(['first', 'second']);
    expect(await settled()).toBe(2);
  });

  it('settles again what is stored, however full it is', async () => {
    const event = message('known');
    await consumer.handle(event);
    await fill(limits.mailboxItems.value, 1);
    await consumer.handle(message('more'));
    await consumer.handle(event);
    expect(await settled()).toBe(2);
    expect(await counted('mailbox_full')).toBe('1');
  });

  describe('what has expired', () => {
    const put = (bucket: number, kind: string, expires: string) =>
      postgres.query(sql`
        insert into fanout.mailbox (bucket, session_key, dedupe_key, kind, payload, expires_at)
        values (${bucket}, ${world.sessionKey}, '\\x00', ${kind}, '\\x00', now() + ${expires}::interval)`);
    const sweep = () => postgres.transaction((tx) => mailboxSweep.batch(tx));
    const left = () => postgres.query(sql`select bucket, kind from fanout.mailbox order by bucket, seq`);

    it('goes with its partition, counted by kind, once nothing in it is alive', async () => {
      await put(2, 'message', '-1 second');
      await put(2, 'identity.changed', '-1 hour');
      await put(3, 'receipt', '-1 second');
      await put(3, 'message', '1 second');
      expect(await sweep()).toEqual({ message_expired: 1, identity_changed_expired: 1 });
      expect(await sweep()).toEqual({});
      expect(await left()).toEqual([
        { bucket: 3, kind: 'receipt' },
        { bucket: 3, kind: 'message' },
      ]);
    });

    it('is removed by rows when nobody swept for days', async () => {
      await put(3, 'receipt', '-11 days');
      await put(3, 'receipt', '-9 days');
      await put(3, 'message', '1 day');
      expect(await sweep()).toEqual({ receipt_expired: 1 });
      expect(await left()).toHaveLength(2);
    });

    it('waits when a device reads the partition, and does not keep others waiting for it', async () => {
      await put(4, 'message', '-1 second');
      const [reading, done] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      const reader = postgres.transaction(async (tx) => {
        await tx.query(sql`select 1 from fanout.mailbox`);
        reading.resolve(undefined);
        await done.promise;
      });
      await reading.promise;
      await expect(sweep()).rejects.toMatchObject({ code: 'lock_timeout' });
      done.resolve(undefined);
      await reader;
      expect(await sweep()).toEqual({ message_expired: 1 });
    });

    it('is found before the turn of its partition comes again', async () => {
      const [column] = await postgres.query<{ definition: string }>(sql`
        select pg_get_expr(adbin, adrelid) as definition from pg_attrdef
        where adrelid = 'fanout.mailbox'::regclass and adnum = 1`);
      expect(column?.definition).toContain(`/ (${mailboxRing.bucketMs / 1_000})::numeric`);
      expect(column?.definition).toContain(`% (${mailboxRing.buckets})::bigint`);
      // The partition that is written to, and one that is on its way out.
      expect(limits.mailboxRetentionMs.value).toBeLessThanOrEqual(
        (mailboxRing.buckets - 2) * mailboxRing.bucketMs,
      );
    });
  });

  it('forgets a stall when its login is long over, and when the user leaves', async () => {
    await postgres.query(sql`insert into fanout.mailbox_stalls values ('old', now() - interval '25 hours'),
      ('recent', now()), (${world.sessionKey}, now())`);
    expect(await postgres.transaction((tx) => stallsSweep.batch(tx))).toEqual({ expired: 1 });
    await durable.erase(world.sessionKey);
    expect(await postgres.query(sql`select session_key from fanout.mailbox_stalls`)).toEqual([
      { session_key: 'recent' },
    ]);
  });
});
