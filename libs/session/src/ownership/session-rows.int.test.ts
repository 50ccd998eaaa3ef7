import { sessionKeyOf, type SessionKey } from '@causeway/contracts/ids';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sessionKeyNumber } from '../fixtures/session-world.js';
import { listSessions } from '../operations/list-sessions.js';
import { createSessionMetrics } from '../sessions/session-metrics.js';
import { SessionRows } from './session-rows.js';

describeWithEngine('postgres', 'states of sessions', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let clock: FakeClock;
  const metrics = createMetrics('session');
  const { rows: writes } = createSessionMetrics(metrics);
  const [one, two] = [sessionKeyNumber(1), sessionKeyNumber(2)];

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: 5_000 };
    postgres = Postgres.connect(database.urlFor('session'), options);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    await postgres.query(sql`delete from session.sessions`);
  });

  const pod = (generation: number | undefined) =>
    new SessionRows({
      postgres,
      clock,
      logger: captureLogs().logger,
      generationOf: () => generation,
      writes,
    });
  const stateOf = async (key: SessionKey) =>
    (await listSessions(postgres, {}, 10)).sessions.find(({ sessionKey }) => sessionKey === key);

  it('are written together a moment later, and say why a session ended', async () => {
    const rows = pod(3);
    rows.changed(one, 7, 'open');
    rows.changed(two, 7, 'open');
    rows.changed(two, 7, 'waiting', 'connection_lost');
    await clock.advance(1_000);
    await rows.flush();
    const { sessions, states } = await listSessions(postgres, { gatekeeper: 'simulator' }, 10);
    expect(states).toEqual({ open: 1, waiting: 1 });
    expect(sessions.find(({ sessionKey }) => sessionKey === two)).toMatchObject({
      state: 'waiting',
      partition: 7,
      code: 'connection_lost',
      lastOpenedAt: expect.any(Date),
      lastClosedAt: expect.any(Date),
    });
    expect(await listSessions(postgres, { gatekeeper: 'other' }, 10)).toEqual({ sessions: [], states: {} });
    expect((await listSessions(postgres, { state: 'open' }, 10)).sessions).toHaveLength(1);
  });

  it('of an earlier owner are written no more, whenever they come', async () => {
    const [earlier, later] = [pod(3), pod(4)];
    earlier.changed(one, 7, 'open');
    await earlier.flush();
    later.changed(one, 7, 'open');
    await later.flush();
    earlier.changed(one, 7, 'closed', 'partition_lost');
    await earlier.flush();
    expect(await stateOf(one)).toMatchObject({ state: 'open', code: undefined });
    expect(await metrics.render()).toContain(
      'causeway_session_rows_total{outcome="stale",service="session"} 1',
    );
  });

  it('begin anew when the group was made anew and counts from one again', async () => {
    const before = pod(900);
    before.changed(one, 7, 'open');
    await before.flush();
    await postgres.query(sql`update session.sessions set last_opened_at = now() - interval '8 days'`);
    const after = pod(1);
    after.changed(one, 7, 'open');
    await after.flush();
    await postgres.query(sql`select 1`);
    after.changed(one, 7, 'waiting', 'stream_ended');
    await after.flush();
    expect(await stateOf(one)).toMatchObject({ state: 'waiting', code: 'stream_ended' });
  });

  it('do not bring back what was erased, nor are they of a pod that has not the partition', async () => {
    const rows = pod(3);
    rows.changed(one, 7, 'open');
    await rows.flush();
    await rows.forget(one);
    rows.changed(one, 7, 'closed', 'rights_revoked');
    pod(undefined).changed(sessionKeyOf(one.slice(0, 36) as never, 'simulator' as never), 7, 'open');
    await rows.flush();
    expect((await listSessions(postgres, {}, 10)).sessions).toEqual([]);
  });
});
