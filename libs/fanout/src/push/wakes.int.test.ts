import { randomUUID } from 'node:crypto';
import { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { openCoordination, type Coordination } from '@causeway/coordination';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics, type Metrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, FakeClock, plansOf } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createFanoutMetrics } from '../fanout-metrics.js';
import { WakeDispatch } from './wake-dispatch.js';
import { WakeFailed, type Wake } from './wake.port.js';
import { WakesStore, type WakeRequest } from './wakes.store.js';
import { wakesSweep } from './wakes.sweep.js';

const gatekeeper = GatekeeperId.parse('simulator');

describeWithEngine('postgres', 'wakes', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let postgres: Postgres;
  let clock: FakeClock;
  let coordination: Coordination;
  let metrics: Metrics;
  let store: WakesStore;
  let dispatch: () => WakeDispatch;
  let sent: Wake[];
  let failing: boolean;
  let logs: ReturnType<typeof captureLogs>;
  let request: WakeRequest;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 3, applicationName: 'wakes', statementTimeoutMs: 10_000 };
    admin = Postgres.connect(database.url, options);
    postgres = Postgres.connect(database.urlFor('fanout'), options);
  });
  afterAll(async () => {
    await Promise.all([admin.close(), postgres.close()]);
    await database.drop();
  });
  beforeEach(async () => {
    await admin.query(sql`delete from fanout.wakes`);
    clock = new FakeClock();
    logs = captureLogs();
    metrics = createMetrics('fanout');
    coordination = openCoordination(`memory:${randomUUID()}`, { logger: logs.logger, metrics, clock });
    [sent, failing] = [[], false];
    store = new WakesStore(postgres, clock, () => 0);
    const wake = async (one: Wake) => {
      if (failing) throw new WakeFailed();
      sent.push(one);
    };
    const own = { metrics: createFanoutMetrics(metrics), logger: logs.logger };
    dispatch = () => new WakeDispatch({ store, port: { wake }, coordination, clock, ...own });
    const [userId, deviceId] = [UserId.parse(randomUUID()), DeviceId.parse(randomUUID())];
    request = { userId, deviceId, gatekeeper, urgent: true, requestedAt: clock.now() };
  });
  afterEach(() => coordination.close());

  /** Another request, somewhat later. */
  async function again(more: Partial<WakeRequest> = {}): Promise<void> {
    await clock.advance(1);
    await store.request({ ...request, ...more, requestedAt: clock.now() });
  }
  /** Sends whatever is due at this moment. */
  async function send(): Promise<void> {
    const round = dispatch();
    round.kick();
    await round.stop();
  }
  async function row() {
    const [found] = await admin.query<{ state: string; attempts: number; due: boolean; in_ms: number }>(sql`
      select state, attempts, state = 'waiting' and due_at <= ${new Date(clock.now())}::timestamptz as due,
        round(extract(epoch from due_at - ${new Date(clock.now())}::timestamptz) * 1000)::int as in_ms
      from fanout.wakes where device_id = ${request.deviceId}`);
    return found;
  }

  it('are sent at once, and many requests while one waits are one', async () => {
    await store.request(request);
    for (let i = 0; i < 5; i += 1) await again();
    await send();
    const { deviceId } = request;
    expect(sent).toEqual([expect.objectContaining({ deviceId, gatekeeper, urgent: true })]);
    expect(await row()).toMatchObject({ state: 'sent', attempts: 0 });
  });

  it('that are requested soon after one was sent are sent when the spacing is over, as one', async () => {
    await store.request(request);
    await send();
    for (let i = 0; i < 5; i += 1) await again();
    await send();
    expect(sent).toHaveLength(1);
    await clock.advance(limits.wakeSpacingMs.value);
    await send();
    expect(sent).toHaveLength(2);
  });

  it('of an event that is handled twice are one', async () => {
    await store.request(request);
    await send();
    await store.request(request);
    await clock.advance(limits.wakeSpacingMs.value);
    await send();
    expect(sent).toHaveLength(1);
  });

  it('that are not urgent are an hour apart, until an urgent one overtakes them', async () => {
    await store.request({ ...request, urgent: false });
    await send();
    expect(sent).toMatchObject([{ urgent: false }]);
    await again({ urgent: false });
    expect((await row())?.in_ms).toBeGreaterThan(limits.wakeSpacingLaterMs.value - 1_000);
    await again();
    await clock.advance(limits.wakeSpacingMs.value);
    await send();
    expect(sent).toMatchObject([{ urgent: false }, { urgent: true }]);
  });

  it('that are not urgent are spread', async () => {
    const late = new WakesStore(postgres, clock, () => 0.5);
    await late.request({ ...request, urgent: false });
    expect(await row()).toMatchObject({ due: false, in_ms: limits.wakeSpreadMs.value / 2 });
  });

  it('do not reach a device that has connected meanwhile', async () => {
    await store.request(request);
    const sessionKey = `${request.deviceId}.${gatekeeper}`;
    await coordination.presence.renew('pod');
    await coordination.presence.put({ sessionKey, partition: 0, podId: 'pod' });
    await send();
    expect(sent).toEqual([]);
    expect(await row()).toMatchObject({ state: 'connected' });
  });

  it('that fail are tried again with growing delays, then die, and come back with the next request', async () => {
    failing = true;
    await store.request(request);
    for (let attempt = 1; attempt < limits.wakeAttempts.value; attempt += 1) {
      await send();
      expect(await row()).toMatchObject({ state: 'waiting', attempts: attempt });
      await clock.advance(limits.wakeRetryMaxMs.value);
    }
    await send();
    expect(await row()).toMatchObject({ state: 'dead', attempts: limits.wakeAttempts.value });
    expect(logs.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(await metrics.render()).toMatch(/fanout_wakes_total\{.*outcome="dead".*\} 1/);
    await clock.advance(limits.wakeRetryMaxMs.value);
    await send();
    failing = false;
    await again();
    await send();
    expect(sent).toHaveLength(1);
  });

  it('requested while one is on its way are not lost with its end', async () => {
    await store.request(request);
    const [claimed] = await store.claim(1);
    await again();
    if (claimed) await store.settle(claimed, 'sent');
    expect(await row()).toMatchObject({ state: 'waiting', in_ms: limits.wakeSpacingMs.value });
  });

  it('of a pod that died while sending are sent by another, and its late word does not count', async () => {
    await store.request(request);
    const [lost] = await store.claim(1);
    expect(await store.claim(1)).toEqual([]);
    await clock.advance(limits.wakeLeaseMs.value);
    const [taken] = await store.claim(1);
    expect(taken).toMatchObject({ attempt: 2 });
    if (lost) await store.settle(lost, 'sent');
    expect(await row()).toMatchObject({ state: 'waiting' });
  });

  it('are claimed by one pod each', async () => {
    const devices = Array.from({ length: 40 }, () => DeviceId.parse(randomUUID()));
    for (const deviceId of devices) await store.request({ ...request, deviceId });
    const claims = await Promise.all(Array.from({ length: 4 }, () => store.claim(20)));
    const claimed = claims.flat().map(({ deviceId }) => deviceId);
    expect(claimed.length).toBe(new Set(claimed).size);
    expect(claims.every(({ length }) => length <= 20)).toBe(true);
  });

  it('are forgotten after a week, those that reached nobody counted apart', async () => {
    const old = `now() - interval '8 days'`;
    for (const state of ['sent', 'dead', 'waiting']) {
      await admin.query(sql`
        insert into fanout.wakes (device_id, gatekeeper, user_id, state, urgent, requested_at, due_at)
        values (${randomUUID()}, 'simulator', ${randomUUID()}, ${state}, true, ${sql.raw(old)}, ${sql.raw(old)})`);
    }
    expect(await admin.transaction((tx) => wakesSweep.batch(tx))).toEqual({ expired: 1, unreached: 2 });
  });

  it.each<[string, (db: WakesStore) => Promise<unknown>, RegExp]>([
    ['claim', (db) => db.claim(32), /wakes_waiting_idx/],
    ['request', (db) => db.request(request), /^$/],
    ['erase a user', (db) => db.eraseUser(request.userId), /wakes_user_id_idx/],
    ['erase a device', (db) => db.eraseDevice(request.deviceId), /wakes_pkey/],
  ])('%s by index', async (_what, work, index) => {
    const plans = await plansOf(admin, (db) => work(new WakesStore(db as Postgres, clock)));
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes).join(' ')).toMatch(index);
  });
});
