import { randomUUID } from 'node:crypto';
import { systemClock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sessionKeyNumber } from '../fixtures/session-world.js';
import { PreKeyOffers } from '../prekeys/prekey-offers.js';
import { createSessionMetrics } from '../sessions/session-metrics.js';
import { PartitionFence } from './partition-fence.js';
import { SessionRows } from './session-rows.js';

describeWithEngine('postgres', 'writes of an owner that lost its partition', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  const metrics = createMetrics('session');
  const { handovers, preKeyOffers, rows: writes } = createSessionMetrics(metrics);
  const { logger } = captureLogs();
  const partition = 7;
  const [earlier, later] = [
    { partition, generation: 3 },
    { partition, generation: 4 },
  ];

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 4, applicationName: 'test', statementTimeoutMs: 5_000 };
    postgres = Postgres.connect(database.urlFor('session'), options);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(async () => {
    for (const table of ['partitions', 'inbox', 'sessions'])
      await postgres.query(sql`delete from ${sql.ident('session', table)}`);
  });

  /** A pod that is given the partition. */
  const pod = (clock: ConstructorParameters<typeof PartitionFence>[0]['clock'] = systemClock) =>
    new PartitionFence({ postgres, clock, logger, handovers });
  const offers = () => new PreKeyOffers(postgres, preKeyOffers);
  const rowOf = async () => {
    const [row] = await postgres.query<{ generation: string; held_by: string | null }>(sql`
      select generation, held_by from session.partitions where partition = ${partition}`);
    return row && { generation: Number(row.generation), heldBy: row.held_by && Number(row.held_by) };
  };
  const inbox = () => postgres.query(sql`select id from session.inbox`);

  it('do not burn a batch of prekeys: the later owner offers it, once', async () => {
    await pod().take([partition], earlier.generation);
    await pod().release([earlier]);
    await pod().take([partition], later.generation);
    const batch = randomUUID();
    expect(await offers().claim(batch, earlier)).toBe(false);
    expect(await inbox()).toEqual([]);
    expect(await offers().claim(batch, later)).toBe(true);
    expect(await offers().claim(batch, later)).toBe(false);
    expect(await inbox()).toHaveLength(1);
    const rendered = await metrics.render();
    for (const outcome of ['stale', 'claimed', 'repeated'])
      expect(rendered).toContain(
        `causeway_session_prekey_offers_total{outcome="${outcome}",service="session"} 1`,
      );
  });

  it('do not say anything of a session, also before the later owner has said something', async () => {
    await pod().take([partition], earlier.generation);
    const rows = new SessionRows({
      postgres,
      clock: systemClock,
      logger,
      generationOf: () => earlier.generation,
      writes,
    });
    rows.changed(sessionKeyNumber(1), partition, 'open');
    await pod().release([earlier]);
    await pod().take([partition], later.generation);
    await rows.flush();
    expect(await postgres.query(sql`select 1 from session.sessions`)).toEqual([]);
  });

  it('count while nobody else was given it, and for its other partitions', async () => {
    expect(await offers().claim(randomUUID(), earlier)).toBe(true);
    await pod().take([partition], later.generation);
    expect(await offers().claim(randomUUID(), { partition: 8, generation: 3 })).toBe(true);
    expect(await offers().claim(randomUUID(), { partition, generation: 5 })).toBe(true);
  });

  it('do not lower the fence, when it is late in taking what it lost meanwhile', async () => {
    await pod().take([partition], later.generation);
    const clock = new FakeClock();
    let done = false;
    const taking = pod(clock)
      .take([partition], earlier.generation)
      .then(() => (done = true));
    await eventually(async () => {
      await clock.advance(limits.ownershipHandoverMs.value);
      expect(done).toBe(true);
    });
    await taking;
    expect(await rowOf()).toEqual({ generation: 4, heldBy: 4 });
  });

  it('are waited for: the next owner begins when the connections of the one before are closed', async () => {
    await pod().take([partition], earlier.generation);
    const clock = new FakeClock();
    let taken = false;
    const taking = pod(clock)
      .take([partition], later.generation)
      .then(() => (taken = true));
    // Fenced at once, and not yet begun.
    await eventually(async () => expect((await rowOf())?.generation).toBe(4));
    await clock.advance(100);
    expect(taken).toBe(false);
    expect(await offers().claim(randomUUID(), earlier)).toBe(false);
    await pod().release([earlier]);
    await eventually(async () => {
      await clock.advance(100);
      expect(taken).toBe(true);
    });
    await taking;
    expect(await rowOf()).toEqual({ generation: 4, heldBy: 4 });
  });

  it('are waited for no longer than a bound: a pod that died never says that it is gone', async () => {
    await pod().take([partition], earlier.generation);
    const clock = new FakeClock();
    let taken = false;
    const taking = pod(clock)
      .take([partition], later.generation)
      .then(() => (taken = true));
    await eventually(async () => {
      await clock.advance(100);
      expect(taken).toBe(true);
    });
    await taking;
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(limits.ownershipHandoverMs.value);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(limits.ownershipHandoverMs.value + 300);
    // What the dead one would say if it came back says nothing of the connections of the later.
    await pod().release([earlier]);
    expect((await rowOf())?.heldBy).toBe(4);
  });

  it('begin anew with a group that was made anew, once the pods of before let go or are long gone', async () => {
    await pod().take([partition], 900);
    await pod().release([{ partition, generation: 900 }]);
    await pod().take([partition], 1);
    expect((await rowOf())?.generation).toBe(1);
    await postgres.query(sql`
      update session.partitions set generation = 900, held_by = 900, taken_at = now() - interval '8 days'`);
    const clock = new FakeClock();
    const taking = pod(clock).take([partition], 2);
    await eventually(async () => {
      await clock.advance(limits.ownershipHandoverMs.value);
      expect((await rowOf())?.heldBy).toBe(2);
    });
    await taking;
    expect(await rowOf()).toEqual({ generation: 2, heldBy: 2 });
  });

  it('do not keep a pod from its partitions when the database is away', async () => {
    const away = Postgres.connect('postgres://nobody@127.0.0.1:1/none', {
      poolSize: 1,
      applicationName: 'test',
      statementTimeoutMs: 100,
    });
    const clock = new FakeClock();
    let taken = false;
    const fence = new PartitionFence({ postgres: away, clock, logger, handovers });
    const taking = fence.take([partition], 4).then(() => (taken = true));
    await eventually(async () => {
      await clock.advance(limits.ownershipHandoverMs.value);
      expect(taken).toBe(true);
    });
    await taking;
    await away.close();
  });
});
