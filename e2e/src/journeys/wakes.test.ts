import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@causeway/testing';
import { startWakeReceiver, stackPorts, type WakeReceiver } from 'causeway/stack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pushTo } from '../checks/gatekeeper.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

/** A probe's ping and the shortest wait before the next login; without a call the silence is noticed after 35 s at the soonest. */
const NOTICED_BY_PROBE_MS = 20_000;
const WITHIN_MS = 30_000;

const runs: readonly { column: ColumnName; portBase: number }[] = [
  { column: 'embedded', portBase: 8_600 },
  { column: 'production', portBase: 8_630 },
];

for (const { column: name, portBase } of runs) {
  describeColumn(name, 'calls of the gatekeeper reach the device', (engines) => {
    let column: Column;
    let people: People;
    let deviceId: string;
    let lateProvider: WakeReceiver | undefined;

    beforeAll(async () => {
      column = await startColumn(name, engines, { portBase, custody: 'gatekeeper' });
      people = await bringPeople(column);
      deviceId = await people.alice.device.register();
      await people.alice.enter(60_000);
    });
    afterAll(async () => {
      await people?.alice.device.close();
      await column?.stop();
      await lateProvider?.stop();
    });

    it('which is connected here: a dead upstream connection is found at once and opened anew', async () => {
      const { upstreamLink, endpoints } = column;
      const { alice, bob } = people;
      const before = upstreamLink.size;
      upstreamLink.blackHole();
      const id = await bob.send({ to: alice.identifier, kind: 'text', text: 'Can you hear me?' });
      expect(await pushTo(endpoints.control, alice.identifier)).toBe(200);
      // The dead connection is held by the link; the next login comes beside it.
      await eventually(() => expect(upstreamLink.size).toBeGreaterThan(before), {
        deadlineMs: NOTICED_BY_PROBE_MS,
      });
      expect(alice.online).toBe(true);
      await upstreamLink.heal();
      await alice.shows(id, WITHIN_MS);
    });

    it('which sleeps, also when the provider could not be told at first', async () => {
      const { alice, bob } = people;
      alice.device.disconnect();
      await bob.seesOffline(alice.identifier, WITHIN_MS);
      await column.wakes.stop();
      const id = await bob.send({ to: alice.identifier, kind: 'text', text: 'Wake up' });
      // The first attempts meet a closed port.
      await delay(2_000);
      lateProvider = await startWakeReceiver(stackPorts(portBase).provider, column.keys.wakeSecret);
      await lateProvider.next(deviceId);
      await alice.device.connect(WITHIN_MS);
      await alice.shows(id, WITHIN_MS);
    });
  });
}
