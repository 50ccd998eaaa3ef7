import { byNight, nightly, recordTrial } from '@causeway/testing/faults';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Custody } from 'causeway/stack';
import { shownOf, streamBothWays } from '../checks/conversation.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';
import { comeBack } from '../restarts/kill-at.js';
import { engineFaults } from './engine-faults.js';
import { judge, reached } from './judge.js';
import { startOwnEngines, type OwnEngines } from './own-engines.js';

const runs: readonly { readonly custody: Custody; readonly portBase: number }[] = [
  { custody: 'gatekeeper', portBase: 8_520 },
  { custody: 'provider', portBase: 8_550 },
];
const stream = { count: 30, paceMs: 200 };
const AFTER = 10;
const TRIAL_MS = 300_000;
const WITHIN_MS = 120_000;

for (const { custody, portBase } of runs) {
  describeColumn('production', `custody ${custody}: engines under faults`, (engines) => {
    describe.runIf(nightly)(byNight('while messages go both ways'), () => {
      let own: OwnEngines;
      let column: Column;
      let people: People;

      beforeAll(async () => {
        own = await startOwnEngines(engines);
        column = await startColumn('production', own.engines, { portBase, custody });
        people = await bringPeople(column);
        await people.alice.enter(60_000);
      }, TRIAL_MS);
      afterAll(async () => {
        await people?.alice.device.close();
        await column?.stop();
        await own?.remove();
      }, TRIAL_MS);

      it.each(engineFaults)(
        '$name: nothing is lost or shown twice, order holds, and the device is reached again',
        async (fault) => {
          let healedAt = 0;
          const run = async (): Promise<void> => {
            await fault.run(own);
            healedAt = performance.now();
          };
          const during = await streamBothWays(people, { ...stream, disturbance: { after: AFTER, run } });
          await comeBack(people);
          const reach = await reached(people);
          const recoveredMs = Math.round(performance.now() - healedAt);
          const sent = {
            outward: [...during.outward, ...reach.outward],
            inward: [...during.inward, ...reach.inward],
          };
          const { control } = column.endpoints;
          const shown = await shownOf(people, sent, { control, withinMs: WITHIN_MS });
          const counts = judge(sent, shown);
          recordTrial({
            trial: `production column, custody ${custody}: ${fault.name}`,
            ...counts,
            recoveredMs,
          });
          const { lost, doubled, reordered, phantom } = counts;
          expect({ lost, doubled, reordered, phantom }).toEqual({
            lost: 0,
            doubled: 0,
            reordered: 0,
            phantom: 0,
          });
          expect(new Set(shown.outcomes), 'the word on what the device sent').toEqual(new Set(['accepted']));
        },
        TRIAL_MS,
      );
    });
  });
}
