import { afterAll, beforeAll, it } from 'vitest';
import { serviceNames } from 'causeway/stack';
import { streamBothWays } from '../checks/conversation.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';
import { expectUndamaged } from './expect-undamaged.js';

const stream = { count: 20, paceMs: 100 };
const KILL_AFTER = 7;
/** A restarted member waits until the broker has given up its predecessor, and the device until its next attempt. */
const RESTART_TEST_MS = 180_000;

/** The pods that hold connections are killed in every run; the long tour over all of them is `npm run nightly`. */
const nightly = process.env['NIGHTLY'] !== undefined;
const HOLDERS = ['session', 'fanout'];

const runs: readonly {
  column: ColumnName;
  custody: 'gatekeeper' | 'provider';
  portBase: number;
  killed: readonly string[];
}[] = [
  { column: 'embedded', custody: 'gatekeeper', portBase: 8220, killed: ['stack'] },
  { column: 'embedded', custody: 'provider', portBase: 8250, killed: ['stack'] },
  { column: 'production', custody: 'gatekeeper', portBase: 8280, killed: nightly ? serviceNames : HOLDERS },
  ...(nightly
    ? [{ column: 'production', custody: 'provider', portBase: 8310, killed: HOLDERS } as const]
    : []),
];

for (const { column: name, custody, portBase, killed } of runs) {
  describeColumn(name, `custody ${custody}: SIGKILL under messages both ways`, (engines) => {
    let column: Column;
    let people: People;

    beforeAll(async () => {
      column = await startColumn(name, engines, { portBase, custody });
      people = await bringPeople(column);
      await people.alice.enter(30_000);
    });
    afterAll(async () => {
      await people?.alice.device.close();
      await column?.stop();
    });

    it.each(killed)(
      '%s: nothing is lost, nothing is shown twice',
      async (unitName) => {
        const unit = column.units.find((one) => one.name === unitName);
        const restart = async (): Promise<void> => {
          await unit?.kill();
          await unit?.start();
        };
        const sent = await streamBothWays(people, {
          ...stream,
          disturbance: { after: KILL_AFTER, run: restart },
        });
        await expectUndamaged(people, sent, column.endpoints.control);
      },
      RESTART_TEST_MS,
    );
  });
}
