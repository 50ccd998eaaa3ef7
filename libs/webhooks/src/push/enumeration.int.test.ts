import { createHmac } from 'node:crypto';
import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, rankSumDeviation } from '@causeway/testing';
import { byNight, nightly } from '@causeway/testing/faults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enlistWith } from '../fixtures/directory.js';
import { Gatekeeper } from '../fixtures/gatekeeper.js';
import { IntakeApp } from '../fixtures/intake-app.fixture.js';

const PROBES = 3_000;
/** What chance gives once in 15,000 runs. */
const MOST_DEVIATION = 4;

describeWithEngine('postgres', 'the time of an answer to a push call', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let gatekeeper: Gatekeeper;
  let app: IntakeApp;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 3, applicationName: 'enumeration', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.url, options);
    gatekeeper = await Gatekeeper.start();
    app = await IntakeApp.start({ gatekeeper, postgres });
  });
  afterAll(async () => {
    await app.stop();
    await gatekeeper.stop();
    await postgres.close();
    await database.drop();
  });

  it.runIf(nightly)(
    byNight('invariant 9: does not tell who is a user, by the distribution of thousands'),
    { timeout: 300_000 },
    async () => {
      const bearer = gatekeeper.token(app.clock.now());
      const timeOf = async (identifier: string): Promise<number> => {
        const startedAt = performance.now();
        expect(await app.push(identifier, bearer)).toMatchObject({ status: 200 });
        return performance.now() - startedAt;
      };
      const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
      for (let probe = 0; probe < PROBES; probe += 1) {
        const known = `known-${probe}@example.org`;
        await enlistWith(postgres, createHmac('sha256', app.hmacKey).update(known).digest());
        // By turns, and each first as often as the other, so that neither always follows the same.
        const order = probe % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
        // What follows the writing of a user is slower, whoever it is.
        await timeOf(`other-${probe}@example.org`);
        for (const kind of order)
          times[kind].push(await timeOf(kind === 'known' ? known : `nobody-${probe}@example.org`));
      }
      expect(Math.abs(rankSumDeviation(times.known, times.unknown))).toBeLessThan(MOST_DEVIATION);
    },
  );
});
