import { byNight, nightly } from '@causeway/testing/faults';
import type { Custody } from 'causeway/stack';
import { afterAll, beforeAll, it } from 'vitest';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';
import { gatekeeperFaults } from './gatekeeper-faults.js';
import { expectNoHarm } from './no-harm.js';

const runs: readonly { readonly column: ColumnName; readonly custody: Custody; readonly portBase: number }[] =
  [
    { column: 'embedded', custody: 'gatekeeper', portBase: 8_690 },
    { column: 'production', custody: 'provider', portBase: 8_720 },
  ];
const stream = { count: 30, paceMs: 100 };
const TRIAL_MS = 240_000;

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
          const { disordered = false } = fault;
          const run = () => fault.run(column, people.alice.identifier);
          const trial = `${name} column, custody ${custody}: the gatekeeper ${fault.name}`;
          await expectNoHarm(column, people, { name: trial, stream, run, disordered });
        },
        TRIAL_MS,
      );
    }
  });
}
