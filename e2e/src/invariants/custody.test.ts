import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import { BareDevice, throughout } from '../checks/bare-device.js';
import { accountOf } from '../checks/gatekeeper.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

const HELD_MS = 3_000;
const AFTER_CLEAN_CLOSE_MS = 5_000;
const AFTER_LOST_LEASE_MS = 15_000;

const runs: readonly { column: ColumnName; portBase: number }[] = [
  { column: 'embedded', portBase: 8340 },
  { column: 'production', portBase: 8370 },
];

for (const { column: name, portBase } of runs) {
  describeColumn(
    name,
    'custody gatekeeper: the gatekeeper keeps what the device has not acknowledged',
    (engines) => {
      let column: Column;
      let people: People;
      let deviceId: string;
      const queued = async () => (await accountOf(column.endpoints.control, people.alice.identifier)).queued;
      const write = () =>
        people.bob.send({ to: people.alice.identifier, kind: 'text', text: 'Still there?' });

      beforeAll(async () => {
        column = await startColumn(name, engines, { portBase, custody: 'gatekeeper' });
        people = await bringPeople(column);
        deviceId = await people.alice.device.register();
        await people.alice.enter(30_000);
        people.alice.device.disconnect();
        await people.bob.seesOffline(people.alice.identifier, 10_000);
      });
      afterAll(async () => {
        await people?.alice.device.close();
        await column?.stop();
      });

      it('settles upstream after the device has acknowledged, and not before', async () => {
        const device = await BareDevice.connect(column, 'alice', deviceId);
        const id = await write();
        const delivery = await device.delivered(id);
        await throughout(HELD_MS, async () => expect(await queued()).toBe(1));
        await expect(people.bob.receipt(id, 'deliveredAt', 0)).rejects.toMatchObject({ code: 'not_in_time' });
        device.acknowledge(delivery);
        await eventually(async () => expect(await queued()).toBe(0));
        await people.bob.receipt(id, 'deliveredAt', 5_000);
        device.close();
        await people.bob.seesOffline(people.alice.identifier, 10_000);
      });

      it('ends the upstream connection with the device’s, and the message comes with the next', async () => {
        const device = await BareDevice.connect(column, 'alice', deviceId);
        const id = await write();
        await device.delivered(id);
        device.close();
        await people.bob.seesOffline(people.alice.identifier, AFTER_CLEAN_CLOSE_MS);
        expect(await queued()).toBe(1);
        await people.alice.device.connect(30_000);
        await people.alice.shows(id, 15_000);
        await eventually(async () => expect(await queued()).toBe(0));
      });

      if (name === 'production') {
        it('ends the upstream connection when the pod that held the device’s is gone', async () => {
          await people.alice.device.connect(30_000);
          const fanout = column.units.find((unit) => unit.name === 'fanout');
          await fanout?.kill();
          await people.bob.seesOffline(people.alice.identifier, AFTER_LOST_LEASE_MS);
          await fanout?.start();
          await people.alice.device.connect(60_000);
        });
      }
    },
  );
}
