import { eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountOf, disconnect, loginsAt, showCertificate } from '../checks/gatekeeper.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column } from '../column/column.js';
import { causeway } from '../column/command.js';
import { describeColumn } from '../column/describe-column.js';

const WITHIN_MS = 30_000;

describeColumn('production', 'a gatekeeper that is not the one of the profile', (engines) => {
  let column: Column;
  let people: People;

  beforeAll(async () => {
    column = await startColumn('production', engines, { portBase: 8_780, custody: 'gatekeeper' });
    people = await bringPeople(column);
    await people.alice.enter(60_000);
  });
  afterAll(async () => {
    await people?.alice.device.close();
    await column?.stop();
  });

  it.each(['expired', 'foreign-root', 'other-key'] as const)(
    'is told nothing, tried no more, and seen by the operator (%s)',
    async (kind) => {
      const { alice } = people;
      const { control } = column.endpoints;
      const logins = await loginsAt(control);
      await showCertificate(control, kind);
      await disconnect(control, alice.identifier, 'abrupt');
      await eventually(
        async () => {
          const listed = JSON.parse(await causeway(column, 'sessions', 'list', '--json')) as {
            sessions: readonly { state: string; code?: string }[];
          };
          expect(listed.sessions).toMatchObject([{ code: 'server_not_authentic' }]);
        },
        { deadlineMs: WITHIN_MS, everyMs: 1_000 },
      );
      expect((await accountOf(control, alice.identifier)).connected).toBe(false);
      expect(await loginsAt(control)).toBe(logins);
      await showCertificate(control, 'valid');
      alice.device.disconnect();
      await alice.device.connect(WITHIN_MS);
      expect((await accountOf(control, alice.identifier)).connected).toBe(true);
    },
    90_000,
  );
});
