import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runMainJob, stepNames, writeSamples, type JourneyContext } from 'causeway/journey';
import { bringPeople } from '../checks/people.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

const runs: readonly { column: ColumnName; custody: 'gatekeeper' | 'provider'; portBase: number }[] = [
  { column: 'embedded', custody: 'gatekeeper', portBase: 8100 },
  { column: 'embedded', custody: 'provider', portBase: 8130 },
  { column: 'production', custody: 'gatekeeper', portBase: 8160 },
  { column: 'production', custody: 'provider', portBase: 8190 },
];

for (const { column: name, custody, portBase } of runs) {
  describeColumn(name, `custody ${custody}: the main job`, (engines) => {
    let column: Column;
    let context: JourneyContext;
    let failed: string | undefined;

    beforeAll(async () => {
      column = await startColumn(name, engines, { portBase, custody });
      const { alice, bob } = await bringPeople(column);
      const samples = writeSamples(join(column.dataDir, 'samples'));
      context = { alice, bob, samples, wakes: column.wakes, ids: new Map() };
    });
    afterAll(async () => {
      await context?.alice.device.close();
      await column?.stop();
    });

    it.each(stepNames)('%s', async (step) => {
      expect(failed, 'this step needs what an earlier one did').toBeUndefined();
      const [result] = await runMainJob(context, () => undefined, [step]);
      if (result?.ok !== true) failed = step;
      expect(result?.ok, result?.story).toBe(true);
    });

    it('drains every process with exit code 0', async () => {
      context.alice.device.disconnect();
      expect(await column.drain()).toBe(true);
    });
  });
}
