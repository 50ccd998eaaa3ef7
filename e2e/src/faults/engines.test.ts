import { byNight, nightly } from '@causeway/testing/faults';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Custody } from 'causeway/stack';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';
import { engineFaults } from './engine-faults.js';
import { expectNoHarm } from './no-harm.js';
import { startOwnEngines, type OwnEngines } from './own-engines.js';

const runs: readonly { readonly custody: Custody; readonly portBase: number }[] = [
  { custody: 'gatekeeper', portBase: 8_840 },
  { custody: 'provider', portBase: 8_870 },
];
const stream = { count: 30, paceMs: 200 };
const TRIAL_MS = 300_000;

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
          const name = `production column, custody ${custody}: ${fault.name}`;
          await expectNoHarm(column, people, { name, stream, run: () => fault.run(own) });
        },
        TRIAL_MS,
      );
    });
  });
}
