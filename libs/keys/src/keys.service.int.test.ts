import { randomBytes, randomUUID } from 'node:crypto';
import { accountTopic } from '@causeway/contracts/accounts';
import { DeviceId, GatekeeperId, OptInId, sessionKeyOf, UserId } from '@causeway/contracts/ids';
import { EnlistmentKeys, keysTopic, type KeysEvent, type PublishKeysRequest } from '@causeway/contracts/keys';
import { sessionTopic, type SessionEvent } from '@causeway/contracts/session';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { migrateEventLog, openEventBus, type EventBus } from '@causeway/events';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { startService, type RunningService } from '@causeway/runtime';
import { TestDeployment } from '@causeway/runtime/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { PrivateKey } from '@signalapp/libsignal-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { keysService } from './index.js';
import { countPreKeys } from './published/published-keys.store.js';
import { UploadConsumer } from './upload/upload.consumer.js';
import { takePreKeys } from './upload/upload.store.js';

const gatekeeper = GatekeeperId.parse('simulator');
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Keys as a device publishes them; `count` one-time prekeys from an id on. */
function keysOf(identity: PrivateKey, firstId: number, count: number): PublishKeysRequest {
  const signed = PrivateKey.generate().getPublicKey().serialize();
  return {
    registrationId: 77,
    identityKey: base64(identity.getPublicKey().serialize().subarray(1)),
    signedPreKey: { id: firstId, key: base64(signed.subarray(1)), signature: base64(identity.sign(signed)) },
    preKeys: Array.from({ length: count }, (_, index) => ({
      id: firstId + index,
      key: base64(randomBytes(32)),
    })),
  };
}

describeWithEngine('postgres', 'the keys service', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let deployment: TestDeployment;
  let service: RunningService;
  let bus: EventBus;
  const told: KeysEvent[] = [];
  const uploads: Extract<UpstreamEvent, { type: 'prekeys.upload' }>[] = [];
  const rotations: Extract<UpstreamEvent, { type: 'signed-prekey.rotate' }>[] = [];
  let subject: string;
  let userId: UserId;
  let deviceId: DeviceId;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = Postgres.connect(database.url, {
      poolSize: 20,
      applicationName: 'test',
      statementTimeoutMs: 10_000,
    });
    await migrateEventLog(postgres);
    deployment = await TestDeployment.start();
    const env = deployment.env('keys', { databaseUrl: database.url });
    service = await startService(keysService, { ...deployment, env });
    const [logger, metrics] = [createLogger({ service: 'test', level: 'silent' }), createMetrics('test')];
    bus = openEventBus('postgres:', { clientId: 'test', partitions: 2, postgres, logger, metrics });
    const shared = {
      group: 'test',
      mode: 'shared',
      retry: { attempts: 1, backoffMs: 1 },
      onPoison: 'dead-letter',
    } as const;
    await bus.subscribe({ topic: keysTopic, ...shared, handle: async ({ data }) => void told.push(data) });
    await bus.subscribe({
      topic: upstreamTopic,
      ...shared,
      handle: async ({ data }) => {
        if (data.type === 'prekeys.upload') uploads.push(data);
        if (data.type === 'signed-prekey.rotate') rotations.push(data);
      },
    });
  });
  afterAll(async () => {
    await service.drain();
    await bus.close();
    await deployment.stop();
    await postgres.close();
    await database.drop();
  });
  beforeEach(async () => {
    subject = `sub-${randomUUID()}`;
    [userId, deviceId] = [UserId.parse(randomUUID()), DeviceId.parse(randomUUID())];
    const hash = deployment.idp.subjectHash(subject);
    await postgres.query(sql`insert into accounts.users (id, subject_hash) values (${userId}, ${hash})`);
    await postgres.query(sql`insert into accounts.devices (id, user_id) values (${deviceId}, ${userId})`);
  });

  async function call(method: string, body?: object, as = subject, pool: string = gatekeeper) {
    const answer = await fetch(`${service.url}/v1/devices/${deviceId}/gatekeepers/${pool}/keys`, {
      method,
      headers: {
        authorization: `Bearer ${deployment.idp.token(as)}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  const pool = () => ({ deviceId, gatekeeper });
  const mine = <T extends { deviceId?: string }>(events: readonly T[]) =>
    events.filter((event) => event.deviceId === deviceId);
  const myUploads = () =>
    uploads.filter(({ sessionKey }) => sessionKey === sessionKeyOf(deviceId, gatekeeper));
  const low = (): Extract<SessionEvent, { type: 'prekeys.low' }> => {
    return { type: 'prekeys.low', userId, deviceId, gatekeeper, remaining: 0 };
  };
  const withdrawn = () => {
    return {
      type: 'opt-in.withdrawn' as const,
      userId,
      deviceId,
      optInId: OptInId.parse(randomUUID()),
      gatekeeper,
    };
  };
  const identity = PrivateKey.generate();
  const consumerOf = () =>
    new UploadConsumer(postgres, createMetrics('test'), createLogger({ service: 'test', level: 'silent' }));

  it('publishes, counts, and changes nothing when the same comes again', async () => {
    const keys = keysOf(identity, 1, 30);
    expect(await call('PUT', keys)).toEqual({ status: 200, body: { available: 30, uploaded: 0 } });
    expect(await call('PUT', keys)).toEqual({ status: 200, body: { available: 30, uploaded: 0 } });
    expect(await call('GET')).toEqual({ status: 200, body: { available: 30, uploaded: 0 } });
    await eventually(() => expect(mine(told).map(({ type }) => type)).toContain('prekeys.published'));
  });

  it('is for the device’s owner alone, and says nothing of others', async () => {
    const [foreign, absent] = [
      await call('GET', undefined, 'somebody-else'),
      await call('PUT', keysOf(identity, 1, 1), 'x'),
    ];
    expect([foreign.status, absent.status]).toEqual([404, 404]);
    expect(foreign.body).toMatchObject({ code: 'keys_device_unknown' });
    deviceId = DeviceId.parse(randomUUID());
    expect(await call('GET')).toMatchObject({ status: 404, body: { code: 'keys_device_unknown' } });
  });

  it('refuses a signed prekey that the identity did not sign', async () => {
    const keys = keysOf(identity, 1, 1);
    const other = keysOf(PrivateKey.generate(), 1, 0);
    const body = { ...keys, signedPreKey: other.signedPreKey };
    expect(await call('PUT', body)).toMatchObject({ status: 422, body: { code: 'signature_invalid' } });
  });

  it('invariant 6: a key belongs to one pool and one id for ever', async () => {
    const keys = keysOf(identity, 1, 3);
    await call('PUT', keys);
    const [first] = keys.preKeys;
    const key = first?.key ?? '';
    const reused = (preKeys: object[]) => ({ ...keys, preKeys });
    const refusal = { status: 409, body: { code: 'prekey_id_reused' } };
    expect(await call('PUT', reused([{ id: 1, key: base64(randomBytes(32)) }]))).toMatchObject(refusal);
    expect(await call('PUT', reused([{ id: 9, key }]))).toMatchObject(refusal);
    expect(await call('PUT', reused([{ id: 9, key }]), subject, 'whatsapp')).toMatchObject(refusal);
    const twice = [8, 8].map((id) => ({ id, key: base64(randomBytes(32)) }));
    expect(await call('PUT', reused(twice))).toMatchObject(refusal);
    expect(await countPreKeys(postgres, pool())).toEqual({ available: 3, uploaded: 0 });
  });

  it('bounds a pool', async () => {
    const full = limits.prekeyPoolItems.value;
    for (let id = 1; id <= full; id += 250) await call('PUT', keysOf(identity, id, 250));
    expect(await call('PUT', keysOf(identity, full + 1, 1))).toMatchObject({
      status: 409,
      body: { code: 'prekey_pool_full' },
    });
    expect(await countPreKeys(postgres, pool())).toEqual({ available: full, uploaded: 0 });
  });

  it('tells when the identity changed, and only then', async () => {
    await call('PUT', keysOf(identity, 1, 1));
    await call('PUT', keysOf(identity, 10, 1));
    await call('PUT', keysOf(PrivateKey.generate(), 20, 1));
    await eventually(() =>
      expect(mine(told).filter(({ type }) => type === 'identity.changed')).toHaveLength(1),
    );
  });

  it('gives accounts what enlistment needs, and nobody else', async () => {
    const path = `/internal/v1/devices/${deviceId}/gatekeepers/${gatekeeper}/enlistment-keys`;
    const read = (as: 'accounts' | 'fanout') =>
      deployment.as(as, service).request({ method: 'GET', path, schema: EnlistmentKeys });
    await expect(read('accounts')).rejects.toMatchObject({ code: 'keys_unknown', status: 404 });
    const { preKeys: _oneTime, ...keys } = keysOf(identity, 1, 1);
    await call('PUT', { ...keys, preKeys: [] });
    expect(await read('accounts')).toEqual(keys);
    await expect(read('fanout')).rejects.toMatchObject({ status: 403 });
  });

  it('fills the gatekeeper’s directory when it runs low, confirms, and asks the device for more', async () => {
    const keys = keysOf(identity, 1, 25);
    await call('PUT', keys);
    await bus.publish(sessionTopic, [{ data: low() }]);
    await eventually(() => expect(myUploads().map(({ preKeys }) => preKeys)).toEqual([keys.preKeys]));
    await eventually(() => expect(mine(told).at(-1)).toMatchObject({ type: 'prekeys.low', available: 0 }));
    const preKeyIds = keys.preKeys.map(({ id }) => id);
    const confirmed = { type: 'prekeys.uploaded' as const, userId, deviceId, gatekeeper, preKeyIds };
    await bus.publish(sessionTopic, [{ data: confirmed }]);
    await eventually(async () => {
      const rows = await postgres.query(sql`
        select 1 from keys.prekeys where device_id = ${deviceId} and state = 'uploaded'`);
      expect(rows).toHaveLength(25);
    });
  });

  it('takes no more at once than the gatekeeper’s profile says', async () => {
    await call('PUT', keysOf(identity, 1, 30));
    await consumerOf().session({ ...low(), batch: 10 }, randomUUID());
    await eventually(() => expect(myUploads().map(({ preKeys }) => preKeys.length)).toEqual([10]));
  });

  it('sends a new signed prekey to the gatekeeper, also when the gatekeeper says that it has an older one', async () => {
    const mine = () =>
      rotations.filter(({ sessionKey }) => sessionKey === sessionKeyOf(deviceId, gatekeeper));
    const [first, second] = [keysOf(identity, 1, 5), keysOf(identity, 6, 5)];
    await call('PUT', first);
    await call('PUT', { ...second, preKeys: [] });
    await eventually(() =>
      expect(mine().map(({ signedPreKey }) => signedPreKey)).toEqual([second.signedPreKey]),
    );
    const report = {
      type: 'digest.reported',
      ...{ userId, deviceId, gatekeeper },
      ...{ registrationId: 77, signedPreKeyId: first.signedPreKey.id, preKeyIds: [] },
      hash: base64(randomBytes(20)),
    } as const;
    const id = randomUUID();
    for (let time = 0; time < 2; time++) await consumerOf().session(report, id);
    await eventually(() => expect(mine()).toHaveLength(2));
    await consumerOf().session(
      { ...report, signedPreKeyId: second.signedPreKey.id, preKeyIds: [99] },
      randomUUID(),
    );
    expect(mine()).toHaveLength(2);
  });

  it('sends a new signed prekey by itself where one-time prekeys are owed, and none comes along', async () => {
    const mine = () =>
      rotations.filter(({ sessionKey }) => sessionKey === sessionKeyOf(deviceId, gatekeeper));
    await call('PUT', keysOf(identity, 1, 0));
    await consumerOf().session(low(), randomUUID());
    const next = keysOf(identity, 2, 0);
    await call('PUT', next);
    await eventually(() =>
      expect(mine().map(({ signedPreKey }) => signedPreKey)).toEqual([next.signedPreKey]),
    );
    await call('PUT', keysOf(identity, 3, 4));
    await eventually(() => expect(myUploads()).toHaveLength(1));
    expect(mine()).toHaveLength(1);
  });

  it('shows how old signed prekeys are, whatever else is published beside them', async () => {
    const metrics = createMetrics('test');
    const consumer = new UploadConsumer(
      postgres,
      metrics,
      createLogger({ service: 'test', level: 'silent' }),
    );
    const older = (days: number) =>
      postgres.query(sql`update keys.identities set signed_prekey_since = signed_prekey_since - make_interval(days => ${days})
        where device_id = ${deviceId}`);
    const digest = async ({ signedPreKey }: PublishKeysRequest) => {
      const reported = { registrationId: 77, signedPreKeyId: signedPreKey.id, preKeyIds: [] };
      const event = { type: 'digest.reported', userId, deviceId, gatekeeper, ...reported } as const;
      await consumer.session({ ...event, hash: base64(randomBytes(20)) }, randomUUID());
      const page = await metrics.render();
      const inDays = (days: number) =>
        Number(page.match(new RegExp(`age_seconds_bucket\\{le="${days * 86_400}".*\\} (\\d+)`))?.[1]);
      return [7, 28, 60].map(inDays);
    };
    const keys = keysOf(identity, 1, 1);
    await call('PUT', keys);
    expect(await digest(keys)).toEqual([1, 1, 1]);
    await older(27);
    await call('PUT', { ...keys, preKeys: keysOf(identity, 2, 1).preKeys });
    expect(await digest(keys)).toEqual([1, 2, 2]);
    await older(20);
    expect(await digest(keys)).toEqual([1, 2, 3]);
    const next = keysOf(identity, 3, 0);
    await call('PUT', next);
    expect(await digest(next)).toEqual([2, 3, 4]);
  });

  it('invariant 6: 50 refills at once take each key once, and leave none that is said to be gone', async () => {
    for (let id = 1; id <= 1_000; id += 250) await call('PUT', keysOf(identity, id, 250));
    const takes = Array.from({ length: 50 }, () => postgres.transaction((tx) => takePreKeys(tx, pool(), 10)));
    const taken = (await Promise.all(takes)).flat().map(({ id }) => id);
    expect(new Set(taken).size).toBe(taken.length);
    expect(await countPreKeys(postgres, pool())).toEqual({
      available: 1_000 - taken.length,
      uploaded: taken.length,
    });
    const consumer = consumerOf();
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => consumer.session(low(), `refill-${deviceId}-${index}`)),
    );
    await eventually(() => {
      const ids = myUploads().flatMap(({ preKeys }) => preKeys.map(({ id }) => id));
      expect(ids.length + taken.length).toBe(1_000);
      expect(new Set([...ids, ...taken]).size).toBe(1_000);
    });
    expect(await countPreKeys(postgres, pool())).toEqual({ available: 0, uploaded: 1_000 });
  });

  it('invariant 6: a repeated event takes nothing more', async () => {
    await call('PUT', keysOf(identity, 1, 5));
    const consumer = consumerOf();
    const id = randomUUID();
    await consumer.session(low(), id);
    await call('PUT', keysOf(identity, 10, 5));
    await consumer.session(low(), id);
    expect(await countPreKeys(postgres, pool())).toEqual({ available: 5, uploaded: 5 });
  });

  it('invariant 6: what comes after the gatekeeper found none goes to it at once, and what comes later waits', async () => {
    const [first, next, later] = [keysOf(identity, 1, 3), keysOf(identity, 10, 4), keysOf(identity, 20, 2)];
    await call('PUT', first);
    const consumer = consumerOf();
    // The first batch is burnt, as by a kill, and the next login finds nothing.
    await consumer.session(low(), randomUUID());
    await consumer.session(low(), randomUUID());
    expect((await call('PUT', next)).body).toMatchObject({ available: 0, uploaded: 7 });
    expect((await call('PUT', later)).body).toMatchObject({ available: 2, uploaded: 7 });
    await eventually(() =>
      expect(myUploads().map(({ preKeys }) => preKeys)).toEqual([first.preKeys, next.preKeys]),
    );
  });

  it('invariant 7: leaving erases what was published, and what was given out never comes again', async () => {
    const used = keysOf(identity, 1, 3);
    await call('PUT', used);
    await postgres.transaction((tx) => takePreKeys(tx, pool(), 3));
    await call('PUT', keysOf(identity, 10, 4));
    await call('PUT', keysOf(identity, 20, 2), subject, 'whatsapp');
    await bus.publish(accountTopic, [{ data: withdrawn() }]);
    const identities = () => postgres.query(sql`select 1 from keys.identities where device_id = ${deviceId}`);
    await eventually(async () => expect(await identities()).toHaveLength(1));
    await eventually(async () =>
      expect(await countPreKeys(postgres, pool())).toEqual({ available: 0, uploaded: 3 }),
    );
    expect(await countPreKeys(postgres, { deviceId, gatekeeper: 'whatsapp' })).toMatchObject({
      available: 2,
    });
    await call('PUT', used);
    expect(await postgres.transaction((tx) => takePreKeys(tx, pool(), 10))).toEqual([]);
    await bus.publish(accountTopic, [{ data: { type: 'device.removed', userId, deviceId } }]);
    await eventually(async () => {
      expect(await postgres.query(sql`select 1 from keys.prekeys where device_id = ${deviceId}`)).toEqual([]);
    });
  });
});
