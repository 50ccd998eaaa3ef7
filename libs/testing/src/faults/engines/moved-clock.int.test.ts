import { Postgres, sql } from '@causeway/postgres';
import { expect, it } from 'vitest';
import { describeWithEngine, eventually } from '../../index.js';
import { cannotMoveClocks, ownPostgresWithClock } from '../index.js';

const title = 'a clock that is moved';
const skipped = cannotMoveClocks === undefined ? title : `${title} [skipped: ${cannotMoveClocks}]`;

describeWithEngine('redis', 'an own Postgres in a container as Redis', () => {
  it.runIf(cannotMoveClocks === undefined)(skipped, { timeout: 60_000 }, async () => {
    const engine = await ownPostgresWithClock();
    const options = { poolSize: 1, applicationName: 'test', statementTimeoutMs: 5_000 };
    const postgres = Postgres.connect(engine.url, options);
    const aheadMs = async (): Promise<number> => {
      const [row] = await postgres.query<{ now: Date }>(sql`select clock_timestamp() as now`);
      return (row?.now.getTime() ?? 0) - Date.now();
    };
    for (const ms of [600_000, -600_000, 0]) {
      await engine.moveClock(ms);
      await eventually(async () => expect(Math.abs((await aheadMs()) - ms)).toBeLessThan(5_000));
    }
    await postgres.close();
    await engine.remove();
  });
});
