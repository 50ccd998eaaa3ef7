import { byNight, nightly, recordTrial } from '@causeway/testing/faults';
import type { Custody } from 'causeway/stack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shownOf, streamBothWays } from '../checks/conversation.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';
import { comeBack } from '../restarts/kill-at.js';
import { gatekeeperFaults } from './gatekeeper-faults.js';
import { judge, reached } from './judge.js';

const runs: readonly { readonly column: ColumnName; readonly custody: Custody; readonly portBase: number }[] =
  [
    { column: 'embedded', custody: 'gatekeeper', portBase: 8_690 },
    { column: 'production', custody: 'provider', portBase: 8_720 },
  ];
const stream = { count: 30, paceMs: 100 };
const AFTER = 8;
const TRIAL_MS = 240_000;
const WITHIN_MS = 120_000;

for (const { column: name, custody, portBase } of runs) {
  describeColumn(name, `custody ${custody}: a gatekeeper that misbehaves`, (engines) => {
    let column: Column;
    let people: People;

    beforeAll(async () => {
      column = await startColumn(name, engines, { portBase, custody });
      people = await bringPeople(column);
      await people.alice.enter(60_000);
    });
    afterAll(async () => {
      await people?.alice.device.close();
      await column?.stop();
    });

    for (const fault of gatekeeperFaults) {
      const whole = nightly || (name === 'embedded' && fault.slow !== true);
      const title = `${fault.name}: nothing is lost or shown twice`;
      it.runIf(whole)(
        whole ? title : byNight(title),
        async () => {
          const { alice } = people;
          let healedAt = 0;
          const run = async (): Promise<void> => {
            await fault.run(column, alice.identifier);
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
            trial: `${name} column, custody ${custody}: the gatekeeper ${fault.name}`,
            ...counts,
            recoveredMs,
          });
          const { lost, doubled, phantom } = counts;
          const reordered = fault.disordered === true ? 0 : counts.reordered;
          expect({ lost, doubled, reordered, phantom }).toEqual({
            lost: 0,
            doubled: 0,
            reordered: 0,
            phantom: 0,
          });
          expect(new Set(shown.outcomes)).toEqual(new Set(['accepted']));
        },
        TRIAL_MS,
      );
    }
  });
}
