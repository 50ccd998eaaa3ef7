import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { accountTopic } from '@causeway/contracts/accounts';
import { socketCloseCodes } from '@causeway/contracts/fanout';
import { GatekeeperId, OptInId } from '@causeway/contracts/ids';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { openCoordination, type Coordination } from '@causeway/coordination';
import { migrateEventLog, openEventBus, type EventBus } from '@causeway/events';
import { Postgres, sql } from '@causeway/postgres';
import { startService, type RunningService } from '@causeway/runtime';
import { TestDeployment } from '@causeway/runtime/testing';
import { createWrappingRing } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { DeviceClient } from './fixtures/device-client.js';
import { enlist, type Person } from './fixtures/directory.js';
import { writeProfile } from './fixtures/profile.js';
import { fanoutService } from './index.js';

const gatekeeper = GatekeeperId.parse('simulator');
const logger = createLogger({ service: 'test', level: 'silent' });
const metrics = createMetrics('test');

/** Two pods of fanout that share a database and coordination. */
function suite(postgresUrl: string, coordinationUrl: string): void {
  let database: TestDatabase;
  let admin: Postgres;
  let bus: EventBus;
  let coordination: Coordination;
  let deployment: TestDeployment;
  let profiles: string;
  const pods: RunningService[] = [];
  const clients: DeviceClient[] = [];
  const upstream: UpstreamEvent[] = [];

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    admin = Postgres.connect(database.url, {
      poolSize: 5,
      applicationName: 'test',
      statementTimeoutMs: 10_000,
    });
    await migrateEventLog(admin);
    deployment = await TestDeployment.start();
    profiles = await writeProfile();
    coordination = openCoordination(coordinationUrl, { logger, metrics });
    bus = openEventBus('postgres:', { clientId: 'test', partitions: 2, postgres: admin, logger, metrics });
    await bus.subscribe({
      topic: upstreamTopic,
      group: 'test',
      mode: 'shared',
      retry: { attempts: 1, backoffMs: 1 },
      onPoison: 'dead-letter',
      handle: async ({ data }) => void upstream.push(data),
    });
    for (let i = 0; i < 2; i += 1) pods.push(await startPod());
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.socket.terminate();
  });
  afterAll(async () => {
    await Promise.all(pods.map((pod) => pod.drain()));
    await bus.close();
    await coordination.close();
    await deployment.stop();
    await admin.close();
    await rm(profiles, { recursive: true });
    await database.drop();
  });

  function startPod(): Promise<RunningService> {
    const engines = { databaseUrl: database.url, coordinationUrl };
    const env = deployment.env('fanout', engines, {
      CAUSEWAY_WRAPPING_KEY_RING: JSON.stringify(wrappingRing),
      CAUSEWAY_PROFILES_DIR: profiles,
      CAUSEWAY_PROFILES: gatekeeper,
    });
    return startService(fanoutService, { ...deployment, env });
  }
  const newPerson = (subject: string) => enlist(admin, deployment.idp.subjectHash(subject), gatekeeper);
  const attempt = (pod: number, subject: string, { deviceId }: Pick<Person, 'deviceId'>) =>
    DeviceClient.connect(pods[pod]?.url ?? '', deployment.idp.token(subject), `?device=${deviceId}`);
  async function device(pod: number, subject: string, person: Person): Promise<DeviceClient> {
    const client = await attempt(pod, subject, person);
    if (!(client instanceof DeviceClient)) throw new Error(`refused with ${client}`);
    clients.push(client);
    await eventually(() => expect(client.states).toContain('opening'));
    return client;
  }
  const of = ({ deviceId }: Person) => upstream.filter(({ sessionKey }) => sessionKey.startsWith(deviceId));
  const present = ({ deviceId }: Person) => coordination.presence.get(`${deviceId}.${gatekeeper}`);

  it('lets a device in by the token of its user, and nobody else', async () => {
    const person = await newPerson('owner');
    expect(await attempt(0, 'owner', { deviceId: randomUUID() as never })).toBe(404);
    expect(await attempt(0, 'somebody-else', person)).toBe(404);
    const wrong = await DeviceClient.connect(pods[0]?.url ?? '', 'wrong', `?device=${person.deviceId}`);
    expect(wrong).toBe(401);
    await device(0, 'owner', person);
    await eventually(() => expect(of(person)).toMatchObject([{ type: 'open', reason: 'user' }]));
  });

  it('a second connection at another pod replaces the first, and keeps its presence', async () => {
    const person = await newPerson('mover');
    const first = await device(0, 'mover', person);
    await eventually(() => expect(of(person)).toHaveLength(1));
    await device(1, 'mover', person);
    // Well before the sweep would see it.
    await eventually(() => expect(first.socket.readyState).toBe(WebSocket.CLOSED));
    expect(await first.closed).toBe(socketCloseCodes.replaced);
    await eventually(() => expect(of(person).filter(({ type }) => type === 'open')).toHaveLength(2));
    const [before, after] = of(person).flatMap((event) => (event.type === 'open' ? [event.epoch] : []));
    expect(after).toBeGreaterThan(before ?? 0);
    expect(await present(person)).toMatchObject({ epoch: after });
    for (const event of of(person)) if (event.type === 'close') expect(event.epoch).toBe(before);
  });

  it('a device that goes is not present any more, and its upstream connection is closed', async () => {
    const person = await newPerson('leaver');
    const client = await device(0, 'leaver', person);
    client.socket.close();
    await eventually(() => expect(of(person).map(({ type }) => type)).toEqual(['open', 'close']));
    expect(await present(person)).toBeUndefined();
  });

  it('invariant 7: a device whose user leaves is told on whichever pod it is', async () => {
    const person = await newPerson('quitter');
    const client = await device(1, 'quitter', person);
    await admin.query(sql`update accounts.opt_ins set state = 'lapsed' where device_id = ${person.deviceId}`);
    const event = {
      type: 'opt-in.withdrawn' as const,
      ...person,
      gatekeeper,
      optInId: OptInId.parse(randomUUID()),
    };
    await bus.publish(accountTopic, [{ data: event }]);
    await eventually(() => expect(client.states).toEqual(['opening', 'withdrawn']));
    await eventually(() =>
      expect(of(person).at(-1)).toMatchObject({ type: 'close', code: 'opt_in_changed' }),
    );
  });

  it('invariant 7: sees within seconds that a right was taken, also when no event and no signal tells', async () => {
    const person = await newPerson('barred');
    const client = await device(0, 'barred', person);
    await admin.transaction(async (tx) => {
      await tx.query(
        sql`update accounts.opt_ins set state = 'suspended' where device_id = ${person.deviceId}`,
      );
      await tx.query(sql`insert into accounts.revocations (epoch, device_id)
        select coalesce(max(epoch), 0) + 1, ${person.deviceId}::uuid from accounts.revocations`);
    });
    // Well before the sweep would see it.
    await eventually(() => expect(client.states).toEqual(['opening', 'withdrawn']), { deadlineMs: 10_000 });
    const ready = await fetch(`${pods[0]?.url}/ready`);
    expect(await ready.json()).toEqual({ ready: true, failing: [] });
  });

  it('invariant 7: ends what is open with a gatekeeper that is stopped, and opens it again, without an event', async () => {
    const person = await newPerson('bystander');
    const client = await device(1, 'bystander', person);
    const revokeAll = sql`insert into accounts.revocations (epoch, device_id)
      select coalesce(max(epoch), 0) + 1, null from accounts.revocations`;
    await admin.transaction(async (tx) => {
      await tx.query(
        sql`insert into accounts.gatekeeper_stops (gatekeeper, reason) values (${gatekeeper}, 'test')`,
      );
      await tx.query(revokeAll);
    });
    await eventually(() => expect(client.states).toEqual(['opening', 'withdrawn']), { deadlineMs: 10_000 });
    expect(await present(person)).toBeUndefined();
    await admin.transaction(async (tx) => {
      await tx.query(sql`delete from accounts.gatekeeper_stops`);
      await tx.query(revokeAll);
    });
    await eventually(() => expect(client.states).toEqual(['opening', 'withdrawn', 'opening']), {
      deadlineMs: 10_000,
    });
  });

  it('a pod that drains sends its devices elsewhere and leaves no presence behind', async () => {
    const person = await newPerson('guest');
    pods.push(await startPod());
    const client = await device(2, 'guest', person);
    const drained = pods[2]?.drain();
    expect(await client.closed).toBe(socketCloseCodes.serviceRestart);
    expect(await drained).toEqual({ clean: true, failed: [] });
    expect(await present(person)).toBeUndefined();
    await eventually(() => expect(of(person).at(-1)).toMatchObject({ type: 'close', code: 'draining' }));
  });

  it('invariant 13: no address and no token stands in a log', () => {
    expect(deployment.logs()).not.toMatch(/127\.0\.0\.1|eyJ/);
  });
}

const wrappingRing = createWrappingRing();

describeWithEngine('postgres', 'fanout on memory', (postgresUrl) =>
  suite(postgresUrl, `memory:${randomUUID()}`),
);

describeWithEngine('redis', 'fanout on Redis', (redisUrl) => suite(inject('engines').postgresUrl, redisUrl));
