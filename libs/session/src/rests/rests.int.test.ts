import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import { listSessions } from '../operations/list-sessions.js';
import { PartitionFence } from '../ownership/partition-fence.js';
import { LinkRefused, type LinkEnd } from '../sessions/ports.js';
import { createSessionMetrics } from '../sessions/session-metrics.js';
import { SessionRegistry } from '../sessions/session-registry.js';
import { Rests } from './rests.js';
import { RestStore } from './rests.store.js';
import { restsSweep } from './rests.sweep.js';

const partition = 7;
const minuteMs = 60_000;

describeWithEngine('postgres', 'a gatekeeper that wants to be left alone', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  const metrics = createMetrics('session');
  const { rests: writes, handovers } = createSessionMetrics(metrics);
  const { logger } = captureLogs();
  const sessionKey = sessionKeyNumber(1);

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
    for (const table of ['partitions', 'rests', 'sessions'])
      await postgres.query(sql`delete from ${sql.ident('session', table)}`);
  });

  /** A session pod that has the partition in a generation, and what its gatekeeper says to each login. */
  class Pod {
    readonly clock = new FakeClock();
    readonly world = new SessionWorld(this.clock, logger);
    readonly registry: SessionRegistry;
    readonly #store: RestStore;
    readonly #rests: Rests;
    readonly #fence = new PartitionFence({ postgres, clock: this.clock, logger, handovers });

    constructor(
      readonly generation: number,
      refusal?: LinkEnd,
    ) {
      const ownerOf = () => ({ partition, generation });
      this.#store = new RestStore({ postgres, logger, writes, ownerOf });
      this.#rests = new Rests(this.clock, (rest) => void this.#store.write(rest));
      this.registry = new SessionRegistry({ ...this.world.deps, rests: this.#rests });
      this.world.prepare = (link) => {
        if (refusal === undefined) return;
        link.connecting = async () => {
          throw new LinkRefused(refusal);
        };
      };
    }

    async gain(): Promise<void> {
      await this.#fence.take([partition], this.generation);
      this.#rests.restore(await this.#store.load([partition]));
    }

    async open(epoch = 5): Promise<void> {
      this.registry.open(this.world.open({ sessionKey, epoch }), partition);
      await this.clock.advance(0);
    }

    async lose(): Promise<void> {
      await this.registry.closeAll('partition_lost');
      await this.#fence.release([{ partition, generation: this.generation }]);
    }
  }

  const rows = () =>
    postgres.query<{ code: string; kind: string }>(sql`select kind, code from session.rests`);
  const banned: LinkEnd = { code: 'paused_same_message', advice: 'pause', waitMs: 10 * minuteMs };

  it('with a ban is left alone by the next owner of the session too, whose device is told why', async () => {
    const before = new Pod(3, banned);
    await before.gain();
    await before.open();
    await eventually(async () => expect(await rows()).toHaveLength(1));
    await before.lose();
    const after = new Pod(4);
    await after.gain();
    await after.open();
    await after.clock.advance(9 * minuteMs);
    expect(after.world.links).toEqual([]);
    expect(after.world.last('closed')).toMatchObject({ code: 'paused_same_message', final: false });
    await after.clock.advance(minuteMs);
    expect(after.world.links).toHaveLength(1);
    expect(after.world.types.at(-1)).toBe('opened');
  });

  it('also after a restart of all pods, and for a rate limit', async () => {
    const before = new Pod(3, { code: 'rate_limited', advice: 'slow-down' });
    await before.gain();
    await before.open();
    await eventually(async () => expect(await rows()).toEqual([{ kind: 'login', code: 'rate_limited' }]));
    // Killed: it lets go of nothing.
    const after = new Pod(4);
    const gaining = after.gain();
    await eventually(async () => {
      await after.clock.advance(500);
      expect(await Promise.race([gaining.then(() => true), new Promise((r) => void setTimeout(r, 20))])).toBe(
        true,
      );
    });
    await after.open();
    expect(after.world.last('closed')).toMatchObject({ code: 'rate_limited', final: false });
    expect(after.world.links).toEqual([]);
    await after.clock.advance(15_000);
    expect(after.world.links).toHaveLength(1);
  });

  it('is not spoken for by a pod that lost the partition', async () => {
    const stale = new Pod(3, banned);
    await stale.gain();
    await new Pod(3).lose();
    await new Pod(4).gain();
    await stale.open();
    await eventually(async () =>
      expect(await metrics.render()).toContain(
        'causeway_session_rests_total{kind="login",outcome="stale",service="session"} 1',
      ),
    );
    expect(await rows()).toEqual([]);
  });

  it('with one signed prekey is left alone with that one by the next owner', async () => {
    const ownerOf = () => ({ partition, generation: 3 });
    const store = new RestStore({ postgres, logger, writes, ownerOf });
    const rest = { sessionKey, kind: 'rotation', code: '406', keyId: 9 } as const;
    await store.write({ ...rest, forMs: minuteMs });
    await store.write({ ...rest, forMs: 60 * minuteMs });
    const loaded = await store.load([partition]);
    expect(loaded).toMatchObject([rest]);
    expect(loaded[0]?.forMs).toBeGreaterThan(59 * minuteMs);
    expect(await store.load([partition + 1])).toEqual([]);
    await store.forget(sessionKey);
    expect(await store.load([partition])).toEqual([]);
  });

  it('is shown to operators, and forgotten when it is over', async () => {
    await postgres.query(sql`
      insert into session.sessions (session_key, state, partition, generation, last_opened_at)
      values (${sessionKey}, 'waiting', ${partition}, 3, now())`);
    await postgres.query(sql`
      insert into session.rests (session_key, kind, partition, code, until) values
      (${sessionKey}, 'login', ${partition}, 'account_paused', now() + interval '1 hour'),
      (${sessionKey}, 'rotation', ${partition}, '503', now() - interval '1 hour')`);
    const [listed] = (await listSessions(postgres, {}, 10)).sessions;
    expect(listed?.notBefore?.getTime()).toBeGreaterThan(Date.now() + 59 * minuteMs);
    expect(await postgres.transaction((tx) => restsSweep.batch(tx))).toEqual({ over: 1 });
    expect(await rows()).toEqual([{ kind: 'login', code: 'account_paused' }]);
  });
});
