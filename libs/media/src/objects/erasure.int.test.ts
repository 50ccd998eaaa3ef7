import { randomBytes } from 'node:crypto';
import { accountTopic, type AccountEvent } from '@causeway/contracts/accounts';
import { DeviceId, GatekeeperId, OptInId, UserId } from '@causeway/contracts/ids';
import { MEDIA_PATH } from '@causeway/contracts/media';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blobNameOf } from '../blobs/blob-name.js';
import type { Blobs } from '../blobs/blobs.js';
import { BlobError } from '../blobs/blobs.errors.js';
import { objectStates } from '../fixtures/database.js';
import { begin, upload } from '../fixtures/device.js';
import type { Enlisted } from '../fixtures/enlisted.js';
import { startWorld, type World } from '../fixtures/world.js';
import { createMediaMetrics } from '../media-metrics.js';
import { MediaObjects } from './media-objects.js';
import { Sweeper } from './sweeper.js';

describeWithEngine('postgres', 'erasure of blobs', (postgresUrl) => {
  let database: TestDatabase;
  let world: World;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    world = await startWorld(database);
  });
  afterAll(async () => {
    await world.stop();
    await database.drop();
  });

  const publish = (event: AccountEvent) => world.bus.publish(accountTopic, [{ data: event }]);
  const statusOf = async (reference: string) =>
    (await fetch(`${world.service.url}${MEDIA_PATH}/${reference}`)).status;
  const gone = (reference: string, { deviceId }: Enlisted) =>
    eventually(
      async () => {
        expect(await statusOf(reference)).toBe(404);
        expect(await objectStates(world.admin, deviceId)).toEqual([]);
        expect(await world.blobs.size(blobNameOf(reference))).toBeUndefined();
      },
      { deadlineMs: 15_000 },
    );

  it('follows the erasure of a user, for all her blobs', async () => {
    const [alice, bob] = [await world.device(), await world.device()];
    const reference = await upload(world, alice, randomBytes(100));
    const other = await upload(world, bob, randomBytes(100));
    await begin(world, alice);
    await publish({ type: 'user.erased', userId: UserId.parse(alice.userId) });
    await gone(reference, alice);
    expect(await statusOf(other)).toBe(200);
  });

  it('follows the withdrawal of an opt-in, for the blobs of that device and gatekeeper', async () => {
    const alice = await world.device();
    const reference = await upload(world, alice, randomBytes(100));
    const elsewhere = await upload(world, alice, randomBytes(100));
    await world.admin.query(
      sql`update media.objects set gatekeeper = 'whatsapp' where reference = ${elsewhere}`,
    );
    const ids = {
      userId: UserId.parse(alice.userId),
      deviceId: DeviceId.parse(alice.deviceId),
      optInId: OptInId.parse(alice.optInId),
      gatekeeper: GatekeeperId.parse('simulator'),
    };
    await publish({ type: 'opt-in.lapsing', ...ids });
    await publish({ type: 'opt-in.withdrawn', ...ids });
    await eventually(async () => expect(await objectStates(world.admin, alice.deviceId)).toEqual(['ready']), {
      deadlineMs: 15_000,
    });
    expect([await statusOf(reference), await statusOf(elsewhere)]).toEqual([404, 200]);
  });

  it('follows expiry, goes on past a blob that cannot be removed, and comes back to it', async () => {
    const alice = await world.device();
    const [stuck, free] = [
      await upload(world, alice, randomBytes(10)),
      await upload(world, alice, randomBytes(10)),
    ];
    const expire = (seconds: number) =>
      world.admin
        .query(sql`update media.objects set expires_at = now() - make_interval(secs => ${seconds}::int)
        where device_id = ${alice.deviceId}::uuid`);
    const postgres = Postgres.connect(database.urlFor('media'), {
      poolSize: 2,
      statementTimeoutMs: 10_000,
      applicationName: 'sweeper',
    });
    const clock = new FakeClock();
    const logs = captureLogs();
    let failing = true;
    const blobs: Pick<Blobs, 'remove'> & Blobs = Object.assign(Object.create(world.blobs) as Blobs, {
      remove: async (name: string) => {
        if (failing && name === blobNameOf(stuck)) throw new BlobError('blob_store_failed');
        await world.blobs.remove(name);
      },
    });
    const sweeper = new Sweeper(
      new MediaObjects(postgres),
      blobs,
      createMediaMetrics(createMetrics('test')),
      clock,
      logs.logger,
    );
    await expire(1);
    sweeper.kick();
    await eventually(async () =>
      expect(await objectStates(world.admin, alice.deviceId)).toEqual(['deleted']),
    );
    await eventually(() => expect(logs.lines).toHaveLength(1));
    expect(logs.text()).not.toContain(stuck);
    expect(await world.blobs.size(blobNameOf(free))).toBeUndefined();
    expect(await statusOf(stuck)).toBe(404);
    failing = false;
    await expire(1);
    await eventually(async () => {
      await clock.advance(60_000);
      expect(await objectStates(world.admin, alice.deviceId)).toEqual([]);
    });
    await sweeper.stop();
    await postgres.close();
  });
});
