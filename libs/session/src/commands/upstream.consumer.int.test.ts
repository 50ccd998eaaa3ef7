import { randomUUID } from 'node:crypto';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { openCoordination } from '@causeway/coordination';
import { migrateEventLog, openEventBus, type EventBus } from '@causeway/events';
import { systemClock } from '@causeway/lifecycle';
import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { IndexWatch } from '../ownership/index-watch.js';
import { Openings } from '../ownership/openings.js';
import { PartitionFence } from '../ownership/partition-fence.js';
import { PresenceWatch } from '../ownership/presence-watch.js';
import { PreKeyOffers } from '../prekeys/prekey-offers.js';
import { SessionRegistry } from '../sessions/session-registry.js';
import { UpstreamConsumer } from './upstream.consumer.js';

const base64 = (bytes: number, fill: number): string => Buffer.alloc(bytes, fill).toString('base64');

describeWithEngine('postgres', 'commands that come again', (postgresUrl) => {
  const { logger } = captureLogs();
  const world = new SessionWorld(systemClock, logger);
  const registry = new SessionRegistry(world.deps);
  let database: TestDatabase;
  let admin: Postgres;
  let postgres: Postgres;
  let bus: EventBus;
  let consumer: UpstreamConsumer;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 4, applicationName: 'test', statementTimeoutMs: 5_000 };
    admin = Postgres.connect(database.url, options);
    postgres = Postgres.connect(database.urlFor('session'), options);
    await migrateEventLog(admin);
    bus = openEventBus('postgres:', {
      clientId: 'test',
      postgres: admin,
      logger,
      metrics: createMetrics('test'),
      partitions: 1,
    });
    const coordination = openCoordination(`memory:${randomUUID()}`, {
      logger,
      metrics: createMetrics('test'),
      clock: systemClock,
    });
    const index = new IndexWatch(coordination, systemClock, logger);
    const openings = new Openings(postgres);
    const watch = new PresenceWatch(registry, coordination.presence, index, openings, systemClock, logger);
    const { handovers, preKeyOffers } = world.deps.metrics;
    const fence = new PartitionFence({ postgres, clock: systemClock, logger, handovers });
    const offers = new PreKeyOffers(postgres, preKeyOffers);
    consumer = new UpstreamConsumer(bus, registry, watch, fence, offers, { answer: () => undefined });
    registry.open(world.open(), 0);
    await consumer.start();
  });
  afterAll(async () => {
    await consumer.stop();
    await registry.closeAll('draining');
    await bus.close();
    await Promise.all([admin.close(), postgres.close()]);
    await database.drop();
  });

  function batch(preKeyId: number): UpstreamEvent {
    const { sessionKey, gatekeeper } = world.open();
    return {
      type: 'prekeys.upload',
      sessionKey,
      gatekeeper,
      registrationId: 1,
      identityKey: base64(32, 1),
      signedPreKey: { id: 1, key: base64(32, 2), signature: base64(64, 3) },
      preKeys: [{ id: preKeyId, key: base64(32, preKeyId) }],
    };
  }

  it('invariant 6: a batch of prekeys whose command comes twice is offered once', async () => {
    await eventually(() => expect(world.told.map(({ type }) => type)).toContain('opened'));
    const [first, second] = [randomUUID(), randomUUID()];
    await bus.publish(upstreamTopic, [{ data: batch(7), id: first }]);
    await bus.publish(upstreamTopic, [{ data: batch(7), id: first }]);
    await bus.publish(upstreamTopic, [{ data: batch(8), id: second }]);
    const offered = () =>
      world.told.flatMap((event) => (event.type === 'prekeys.uploaded' ? event.preKeyIds : []));
    await eventually(() => expect(offered()).toContain(8));
    expect(offered()).toEqual([7, 8]);
  });
});
