import { randomBytes } from 'node:crypto';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { captureLogs, describeWithEngine, eventually, FakeClock } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountConsumer } from '../accounts/account.consumer.js';
import type { DeviceConnection } from '../connections/device-connection.js';
import { DownstreamConsumer } from '../delivery/downstream.consumer.js';
import { ConnectionWorld, peer } from '../fixtures/connection-world.js';
import { WakesStore } from '../push/wakes.store.js';
import { WebPushStore } from '../push/web-push.store.js';
import { Submissions } from '../submissions/submissions.js';
import { submissionsSweep } from '../submissions/submissions.sweep.js';
import { DurableMailbox } from './durable-mailbox.js';
import type { Deliverable } from './mailbox-item.js';

const outgoing = {
  to: peer,
  stanzaType: 'text' as const,
  encrypted: { type: 'msg' as const, ciphertext: 'AAAA' },
};

describeWithEngine('postgres', 'custody of the provider', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let durable: DurableMailbox;
  let submissions: Submissions;
  let clock: FakeClock;
  let world: ConnectionWorld;
  let consumer: DownstreamConsumer;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 10, applicationName: 'test', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('fanout'), options);
    durable = new DurableMailbox(postgres);
    submissions = new Submissions(postgres, () => clock.now());
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(() => {
    clock = new FakeClock();
    world = new ConnectionWorld(clock, captureLogs().logger, { durable, submissions }, 'provider');
    const { custodyOf, metrics } = world.deps;
    consumer = new DownstreamConsumer(world.coordination, durable, submissions, custodyOf, metrics);
  });
  afterEach(() => world.coordination.close());

  const message = (id: string, dedupe = randomBytes(32)) =>
    ({ ...world.message(id), dedupe: dedupe.toString('base64') }) as Deliverable;
  /** Commands that the outbox holds for this session, in their order. */
  async function outbox(): Promise<UpstreamEvent[]> {
    const rows = await postgres.query<{ event: unknown }>(sql`
      select event from fanout.outbox where key = ${world.sessionKey} order by seq`);
    return rows.map(({ event }) => upstreamTopic.schema.parse(event));
  }
  const sent = async () =>
    (await outbox()).flatMap((event) => (event.type === 'message.send' ? [event.id] : []));
  const route = () => ({ sessionKey: world.sessionKey, gatekeeper: world.gatekeeper, epoch: 1 });
  async function settled(check: () => void): Promise<void> {
    await eventually(async () => {
      await clock.advance(0);
      check();
    });
  }

  describe('the mailbox', () => {
    it('invariant 2: keeps a message before it is acknowledged upstream, both or neither', async () => {
      const event = message('A');
      await consumer.handle(event);
      expect(await outbox()).toMatchObject([{ type: 'ack', refs: [event.ref], stage: 'stored' }]);
      expect(await durable.read(world.sessionKey, 0, 10)).toHaveLength(1);
      await expect(durable.store({ ...event, dedupe: message('B').dedupe, ref: -1 })).rejects.toThrow();
      expect(await durable.read(world.sessionKey, 0, 10)).toHaveLength(1);
    });

    it('invariant 3: keeps a repeated message once, and acknowledges it again', async () => {
      const event = message('A');
      await Promise.all(Array.from({ length: 10 }, () => consumer.handle(event)));
      expect(await durable.read(world.sessionKey, 0, 100)).toHaveLength(1);
      expect(await outbox()).toHaveLength(10);
      const [item] = await durable.read(world.sessionKey, 0, 1);
      await durable.remove(world.sessionKey, [item?.seq ?? 0]);
      await consumer.handle(event);
      expect(await durable.read(world.sessionKey, 0, 100)).toEqual([]);
    });

    it('gives a page after another, oldest first, and nothing that has expired', async () => {
      for (let i = 0; i < 5; i += 1) await durable.store(message(`M${i}`));
      const first = await durable.read(world.sessionKey, 0, 3);
      const rest = await durable.read(world.sessionKey, first.at(-1)?.seq ?? 0, 3);
      const ids = [...first, ...rest].map(
        ({ item }) => /"id":"(M\d)"/.exec(Buffer.from(item).toString())?.[1],
      );
      expect(ids).toEqual(['M0', 'M1', 'M2', 'M3', 'M4']);
      await postgres.query(sql`
        update fanout.mailbox set expires_at = now() - interval '1 second' where session_key = ${world.sessionKey}`);
      expect(await durable.read(world.sessionKey, 0, 10)).toEqual([]);
    });
  });

  describe('a device', () => {
    let connection: DeviceConnection;
    beforeEach(async () => {
      await consumer.handle(message('before'));
      connection = await world.connect();
    });

    it('gets what came while it was away, then what comes, and its receipts go upstream', async () => {
      await world.logIn(connection);
      await durable.store(message('after'));
      connection.ring();
      await settled(() => expect(world.messageIds).toEqual(['before', 'after']));
      await connection.acknowledge(world.deliveries);
      expect(await durable.read(world.sessionKey, 0, 10)).toEqual([]);
      const receipts = world.upstream.filter(({ type }) => type === 'receipt.send');
      expect(receipts).toMatchObject([
        { body: { clear: { to: peer, kind: 'delivered', ids: ['before'] } } },
        { body: { clear: { ids: ['after'] } } },
      ]);
      expect(world.upstream.some(({ type }) => type === 'ack')).toBe(false);
    });

    it('invariant 2: gets again what it did not acknowledge, on its next connection', async () => {
      await settled(() => expect(world.messageIds).toEqual(['before']));
      await connection.close('device_gone');
      await world.connect();
      await settled(() => expect(world.messageIds).toEqual(['before', 'before']));
    });

    it('is not held up by an item that cannot be read, which stays until it expires', async () => {
      await postgres.query(sql`
        update fanout.mailbox set payload = ${Buffer.from('{')} where session_key = ${world.sessionKey}`);
      await connection.close('device_gone');
      // Not before the first connection is gone: it may be about to look once more.
      await durable.store(message('after'));
      world.frames.length = 0;
      await world.connect();
      await settled(() => expect(world.messageIds).toEqual(['after']));
      expect(await durable.read(world.sessionKey, 0, 10)).toHaveLength(2);
    });

    it('has its message taken at once, kept, and sent when the upstream connection opens', async () => {
      const { gatekeeper } = world;
      await connection.handle({ type: 'send', gatekeeper, id: 'S1', message: outgoing });
      expect(world.frames.at(-1)).toMatchObject({ type: 'accepted', id: 'S1' });
      expect(await sent()).toEqual(['S1']);
      await world.logIn(connection);
      await eventually(async () => expect(await sent()).toEqual(['S1', 'S1']));
      await consumer.handle(world.event({ type: 'accepted', id: 'S1', timestamp: 1 }));
      await world.logIn(connection);
      await settled(() => expect(world.frames.filter((frame) => frame.type === 'session')).toHaveLength(3));
      expect(await sent()).toEqual(['S1', 'S1']);
    });
  });

  it('refuses to send while an event about the user is parked here, a failed wake excepted', async () => {
    const { gatekeeper, userId } = world;
    const connection = await world.connect();
    const park = (topic: string) =>
      postgres.query(sql`
        insert into fanout.parked_events (consumer_group, topic, partition, event_offset, lane, event_id, headers, code,
                                          state, due_at)
        values ('fanout', ${topic}, 0, 1, ${userId}, '', '{}', 'handler_failed', 'dead', now())`);
    const send = (id: string) => connection.handle({ type: 'send', gatekeeper, id, message: outgoing });
    await park('causeway.push.v1');
    await send('S1');
    expect(world.frames.at(-1)).toMatchObject({ type: 'accepted', id: 'S1' });
    await park('causeway.account.v1');
    await send('S2');
    expect(world.frames.at(-1)).toMatchObject({ type: 'refused', code: 'lane_parked', retryable: true });
    await postgres.query(sql`delete from fanout.parked_events where lane = ${userId}`);
    await send('S2');
    expect(world.frames.at(-1)).toMatchObject({ type: 'accepted', id: 'S2' });
    expect(await sent()).toEqual(['S1', 'S2']);
  });

  describe('submissions', () => {
    const content = () =>
      postgres.query<{ payload: Buffer; state: string }>(sql`
      select payload, state from fanout.submissions where session_key = ${world.sessionKey}`);

    it('are kept and sent once, whatever is repeated', async () => {
      const submit = () => submissions.submit(route(), 'S1', outgoing);
      expect(await Promise.all(Array.from({ length: 10 }, submit))).toEqual(
        Array.from({ length: 10 }, () => true),
      );
      expect(await sent()).toEqual(['S1']);
    });

    it('are sent again in their order, in pages, until they are settled', async () => {
      const ids = Array.from({ length: limits.mailboxPageItems.value + 20 }, (_, index) => `S${index}`);
      for (const id of ids) await submissions.submit(route(), id, outgoing);
      await submissions.settle(world.sessionKey, 'S3');
      await postgres.query(sql`delete from fanout.outbox where key = ${world.sessionKey}`);
      await submissions.resume(route());
      expect(await sent()).toEqual(ids.filter((id) => id !== 'S3'));
    });

    it('are bounded; one that is known is still taken', async () => {
      const bound = limits.upstreamQueueItems.value;
      await postgres.query(sql`
        insert into fanout.submissions (session_key, message_id, payload, state, expires_at)
        select ${world.sessionKey}, 'S' || n, '{}'::bytea, 'waiting', now() + interval '1 day'
        from generate_series(1, ${bound}) n`);
      expect(await submissions.submit(route(), 'more', outgoing)).toBe(false);
      expect(await submissions.submit(route(), 'S1', outgoing)).toBe(true);
      await submissions.settle(world.sessionKey, 'S2');
      expect(await submissions.submit(route(), 'more', outgoing)).toBe(true);
      expect(await sent()).toEqual(['more']);
    });

    it('lose their content when they are settled, and keep their id', async () => {
      await submissions.submit(route(), 'S1', outgoing);
      await consumer.handle(
        world.event({ type: 'refused', id: 'S1', code: 'recipient_unknown', retryable: false }),
      );
      expect(await content()).toEqual([{ payload: Buffer.alloc(0), state: 'settled' }]);
      expect(await submissions.submit(route(), 'S1', outgoing)).toBe(true);
      expect(await sent()).toEqual(['S1']);
    });

    it('wait on when they were refused for now', async () => {
      await submissions.submit(route(), 'S1', outgoing);
      await consumer.handle(
        world.event({ type: 'refused', id: 'S1', code: 'not_connected', retryable: true }),
      );
      expect(await content()).toMatchObject([{ state: 'waiting' }]);
    });
  });

  it('invariant 2: a submission that was never taken expires with a reason, one that was settled quietly', async () => {
    for (const id of ['S1', 'S2', 'S3']) await submissions.submit(route(), id, outgoing);
    await submissions.settle(world.sessionKey, 'S2');
    await postgres.query(sql`update fanout.submissions set expires_at = now()
      where session_key = ${world.sessionKey} and message_id <> 'S3'`);
    const swept = await postgres.transaction((tx) => submissionsSweep.batch(tx));
    expect(swept).toEqual({ undelivered: 1, settled: 1 });
    const left = await postgres.query(sql`
      select message_id from fanout.submissions where session_key = ${world.sessionKey}`);
    expect(left).toEqual([{ message_id: 'S3' }]);
  });

  it('invariant 7: leaving erases mailbox and submissions, and tells the pod of the socket', async () => {
    await durable.store(message('A'));
    await submissions.submit(route(), 'S1', outgoing);
    const store = new WakesStore(postgres, clock);
    const wakes = {
      store,
      registrations: new WebPushStore(postgres, keyWrapOf()),
      dispatch: { kick: () => undefined },
    };
    const account = new AccountConsumer(world.coordination, durable, submissions, wakes);
    const told: string[] = [];
    await world.coordination.signals.subscribe('fanout.devices', (text) => told.push(text));
    const { userId, deviceId, gatekeeper } = world;
    const optIn = { userId, deviceId, gatekeeper, optInId: userId as never };
    await account.account({ type: 'opt-in.withdrawn', ...optIn }, clock.now());
    expect(await durable.read(world.sessionKey, 0, 10)).toEqual([]);
    await submissions.resume(route());
    expect(await sent()).toEqual(['S1']);
    await settled(() => expect(told).toEqual([JSON.stringify({ type: 'refresh', deviceId })]));
  });
});
