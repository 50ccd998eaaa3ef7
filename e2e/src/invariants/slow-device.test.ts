import { readFileSync } from 'node:fs';
import { eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountOf } from '../checks/gatekeeper.js';
import { bringPeople, type People } from '../checks/people.js';
import { StalledDevice } from '../checks/stalled-device.js';
import { startColumn, unitOf, type Column } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

/** More than the kernel's buffers of a connection and the socket's own bound take together. */
const MESSAGES = 240;
const TEXT = 'y'.repeat(60_000);
const WITHIN_MS = 60_000;
/** Of each service: what it may have taken more at its highest, MiB; the messages are 28 MiB on the device's socket. */
const ROOM_MIB = 96;

describeColumn('production', 'custody gatekeeper: a device that does not read', (engines) => {
  let column: Column;
  let people: People;
  let deviceId: string;
  let stalled: StalledDevice | undefined;

  beforeAll(async () => {
    column = await startColumn('production', engines, { portBase: 8_810, custody: 'gatekeeper' });
    people = await bringPeople(column);
    deviceId = await people.alice.device.register();
    await people.alice.enter(WITHIN_MS);
    people.alice.device.disconnect();
    await people.bob.seesOffline(people.alice.identifier, WITHIN_MS);
  });
  afterAll(async () => {
    stalled?.end();
    await people?.alice.device.close();
    await column?.stop();
  });

  const account = () => accountOf(column.endpoints.control, people.alice.identifier);
  /** Highest resident size of a service so far, MiB. */
  function peakOf(service: string): number {
    const status = readFileSync(`/proc/${unitOf(column, service).pid ?? 0}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
  }

  it('is cut off at a bound, settles nothing, takes no memory, and gets all of it later', async () => {
    const { alice, bob } = people;
    const before = { fanout: peakOf('fanout'), session: peakOf('session') };
    stalled = await StalledDevice.connect(column, 'alice', deviceId);
    await eventually(async () => expect((await account()).connected).toBe(true), { deadlineMs: WITHIN_MS });
    const ids: string[] = [];
    for (let number = 0; number < MESSAGES; number += 1)
      ids.push(await bob.send({ to: alice.identifier, kind: 'text', text: TEXT }));
    await eventually(async () => expect((await account()).connected).toBe(false), { deadlineMs: WITHIN_MS });
    expect((await account()).queued).toBe(MESSAGES);
    expect(peakOf('fanout') - before.fanout).toBeLessThan(ROOM_MIB);
    expect(peakOf('session') - before.session).toBeLessThan(ROOM_MIB);
    stalled.end();
    await alice.device.connect(WITHIN_MS);
    await eventually(
      () => expect(alice.messages.filter(({ id }) => ids.includes(id)).map(({ id }) => id)).toEqual(ids),
      { deadlineMs: WITHIN_MS, everyMs: 500 },
    );
    await eventually(async () => expect((await account()).queued).toBe(0), { deadlineMs: WITHIN_MS });
  }, 240_000);
});
