import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { createMetrics, type Metrics } from '@causeway/telemetry';
import {
  captureLogs,
  createTestDatabase,
  describeWithEngine,
  eventually,
  FakeClock,
  type TestDatabase,
} from '@causeway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { countReasons, Sweeper, type Sweep } from './index.js';

describeWithEngine('postgres', 'sweeper', (postgresUrl) => {
  let database: TestDatabase;
  let pods: Postgres[];
  let clock: FakeClock;
  let metrics: Metrics;
  let sweepers: Sweeper[];
  const logs = captureLogs();

  beforeAll(async () => {
    database = await createTestDatabase({ postgresUrl });
    const options = { poolSize: 2, applicationName: 'sweeper', statementTimeoutMs: 10_000 };
    pods = [1, 2].map(() => Postgres.connect(database.url, options));
    await pods[0]?.query(sql`create table thing (n int primary key, kind text not null)`);
  });
  beforeEach(() => {
    clock = new FakeClock();
    metrics = createMetrics('test');
    sweepers = [];
  });
  afterEach(() => Promise.all(sweepers.map((sweeper) => sweeper.stop())));
  afterAll(async () => {
    await Promise.all(pods.map((pod) => pod.close()));
    await database.drop();
  });

  const first = () => pods[0] as Postgres;
  const fill = (count: number) =>
    first().query(sql`insert into thing select n, case when n % 4 = 0 then 'odd' else 'expired' end
      from generate_series(1, ${count}) n`);
  const left = async () => (await first().query(sql`select 1 from thing`)).length;
  const sweep: Sweep = {
    name: 'test.thing',
    everyMs: 1_000,
    batch: async (tx) =>
      countReasons(
        await tx.query(sql`delete from thing where n in
          (select n from thing order by n limit ${limits.sweepBatchItems.value}) returning kind as reason`),
      ),
  };
  function sweeper(pod = 0, of: Sweep = sweep): Sweeper {
    const made = new Sweeper([of], { postgres: pods[pod] as Postgres, clock, logger: logs.logger, metrics });
    sweepers.push(made);
    return made;
  }
  const counted = async (text: string) => expect(await metrics.render()).toContain(text);

  it('goes on in bounded batches until nothing is left, and counts by reason', async () => {
    const rows = limits.sweepBatchItems.value * 2 + 4;
    await fill(rows);
    sweeper().kick();
    await eventually(async () => expect(await left()).toBe(0));
    await eventually(() => counted(`outcome="done",service="test"} 3`));
    await counted(`reason="odd",service="test"} ${rows / 4}`);
    await counted(`reason="expired",service="test"} ${(rows / 4) * 3}`);
    expect(logs.lines.at(-1)).toMatchObject({ fields: { sweep: 'test.thing', odd: 1, expired: 3 } });
  });

  it('leaves the work to the pod that is at it', async () => {
    const [reached, release] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const slow: Sweep = {
      ...sweep,
      batch: async (tx) => {
        reached.resolve(undefined);
        await release.promise;
        return sweep.batch(tx);
      },
    };
    await fill(10);
    sweeper(0, slow).kick();
    await reached.promise;
    sweeper(1).kick();
    await eventually(() => counted('outcome="elsewhere",service="test"} 1'));
    expect(await left()).toBe(10);
    release.resolve(undefined);
    await eventually(async () => expect(await left()).toBe(0));
  });

  it('removes a batch wholly or not at all, and tries again in the next round', async () => {
    let failing = true;
    const broken: Sweep = {
      ...sweep,
      batch: async (tx) => {
        const swept = await sweep.batch(tx);
        if (failing) throw new Error('down');
        return swept;
      },
    };
    await fill(10);
    sweeper(0, broken).kick();
    await eventually(() => counted('outcome="failed",service="test"} 1'));
    expect(await left()).toBe(10);
    failing = false;
    await eventually(async () => {
      await clock.advance(1_200);
      expect(await left()).toBe(0);
    });
  });
});
