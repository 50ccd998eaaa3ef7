import { randomBytes, randomUUID } from 'node:crypto';
import { DeviceId, GatekeeperId, sessionKeyOf, type SessionKey } from '@causeway/contracts/ids';
import { RevocationWatch } from '@causeway/coordination';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { revokedSince } from '@causeway/store/directory';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import { SessionRegistry } from '../sessions/session-registry.js';
import { Openings } from './openings.js';
import { closeRevoked } from './revoked-sessions.js';

const gatekeeper = GatekeeperId.parse('simulator');

/** Nothing is published or signalled here: the record in the database is all that a pod has. */
describeWithEngine('postgres', 'rights that are taken while no event arrives', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let postgres: Postgres;
  let clock: FakeClock;
  let registry: SessionRegistry;
  let watch: RevocationWatch;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 4, applicationName: 'test', statementTimeoutMs: 5_000 };
    admin = Postgres.connect(database.url, options);
    postgres = Postgres.connect(database.urlFor('session'), options);
  });
  afterAll(async () => {
    await Promise.all([admin.close(), postgres.close()]);
    await database.drop();
  });
  beforeEach(async () => {
    clock = new FakeClock();
    const { logger } = captureLogs();
    const world = new SessionWorld(clock, logger);
    registry = new SessionRegistry(world.deps);
    const openings = new Openings(postgres);
    watch = new RevocationWatch({
      since: (epoch) => revokedSince(postgres, epoch, 10),
      revoked: (deviceIds) => closeRevoked(registry, openings, deviceIds),
      signals: { subscribe: async () => ({ close: async () => undefined }) },
      clock,
      logger,
      metrics: createMetrics('test'),
    });
    await watch.start();
    for (const sessionKey of [await enlisted(), await enlisted()]) {
      registry.open(world.open({ sessionKey }), 0);
    }
    await clock.advance(0);
    return () => watch.stop();
  });

  async function enlisted(): Promise<SessionKey> {
    const [userId, deviceId, id] = [randomUUID(), DeviceId.parse(randomUUID()), randomUUID()];
    await admin.query(
      sql`insert into accounts.users (id, subject_hash) values (${userId}, ${randomBytes(32)})`,
    );
    await admin.query(sql`insert into accounts.devices (id, user_id) values (${deviceId}, ${userId})`);
    await admin.query(sql`
      insert into accounts.identifiers (id, user_id, kind, value_sealed, value_hmac, proven_at, method)
      values (${id}, ${userId}, 'email', ${randomBytes(8)}, ${randomBytes(32)}, now(), 'test')`);
    await admin.query(sql`
      insert into accounts.opt_ins (user_id, device_id, identifier_id, gatekeeper, state, read_receipts)
      values (${userId}::uuid, ${deviceId}::uuid, ${id}::uuid, ${gatekeeper}, 'enlisted', true)`);
    return sessionKeyOf(deviceId, gatekeeper);
  }

  const open = () => registry.all().map(({ opened }) => opened.sessionKey);
  const revoke = (deviceId: string | null) =>
    admin.query(sql`insert into accounts.revocations (epoch, device_id)
      select coalesce(max(epoch), 0) + 1, ${deviceId}::uuid from accounts.revocations`);

  it('invariant 7: closes the sessions of a suspended user within 2 seconds, and no others', async () => {
    const [suspended = '', other] = open();
    const deviceId = suspended.slice(0, 36);
    await admin.query(sql`
      update accounts.users set state = 'suspended'
      where id = (select user_id from accounts.devices where id = ${deviceId}::uuid)`);
    await revoke(deviceId);
    await clock.advance(limits.revocationReadMs.value);
    await eventually(() => expect(open()).toEqual([other]));
  });

  it('invariant 7: closes all sessions with a gatekeeper that is stopped within 2 seconds', async () => {
    await admin.query(
      sql`insert into accounts.gatekeeper_stops (gatekeeper, reason) values (${gatekeeper}, 'x')`,
    );
    await revoke(null);
    await clock.advance(limits.revocationReadMs.value);
    await eventually(() => expect(open()).toEqual([]));
    await admin.query(sql`delete from accounts.gatekeeper_stops`);
  });
});
