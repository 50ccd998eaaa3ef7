import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { sql, type Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { createTestDatabase, eventually, type TestDatabase } from '@causeway/testing';
import { TcpFaultProxy } from '@causeway/testing/faults';
import { noteTopic, outgoing, Owned, Received, subscription } from '../conformance/note-topic.js';
import { migrateEventLog, openEventBus } from '../index.js';
import { connect } from './member.fixture.js';

let database: TestDatabase;
let postgres: Postgres;
let proxy: TcpFaultProxy;

beforeAll(async () => {
  database = await createTestDatabase(inject('engines'));
  postgres = connect(database.url);
  await migrateEventLog(postgres);
  const { hostname, port } = new URL(database.url);
  proxy = await TcpFaultProxy.open({ target: { host: hostname, port: Number(port) } });
});

afterAll(async () => {
  await proxy.close();
  await postgres.close();
  await database.drop();
});

const open = (over: Postgres) =>
  openEventBus('postgres:', {
    clientId: 'unsure',
    postgres: over,
    logger: createLogger({ service: 'unsure', level: 'silent' }),
    metrics: createMetrics('unsure'),
    partitions: 1,
    tuning: { closeGraceMs: 200 },
  });

it('buries no event that fails while a member cannot know whether it is still its own', async () => {
  const topic = noteTopic();
  const [heirs, owned] = [new Received(), new Owned()];
  const [begun, refused] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const behind = new URL(database.url);
  behind.host = `${proxy.host}:${proxy.port}`;
  const cutOff = connect(behind.href);
  const [unsure, heir] = [open(cutOff), open(postgres)];
  const handle = async (): Promise<void> => {
    begun.resolve(undefined);
    await refused.promise;
    // As at the fence that the heir has raised.
    throw new Error('the partition belongs to a later generation');
  };
  await unsure.subscribe(subscription(topic, handle, { ...owned, retry: { attempts: 1, backoffMs: 1 } }));
  await heir.publish(topic, outgoing(['a'], 1));
  await begun.promise;
  proxy.blackHole();
  await heir.subscribe(subscription(topic, heirs.handle));
  await eventually(() => expect(heirs.lane('a')).toEqual([0]), { deadlineMs: 20_000 });
  // Its membership is over, and it has not heard of that.
  expect(owned.partitions.size).toBe(1);
  refused.resolve(undefined);
  await proxy.heal();
  await eventually(() => expect(owned.partitions.size).toBe(0), { deadlineMs: 20_000 });
  // What it had to say about the event would be in the log when it has closed.
  await unsure.close();
  await heir.close();
  await cutOff.close();
  expect(
    await postgres.query(sql`select topic from eventlog.events where topic like ${`${topic.name}%`}`),
  ).toEqual([{ topic: topic.name }]);
}, 60_000);
