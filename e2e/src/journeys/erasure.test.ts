import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { eventually } from '@causeway/testing';
import { runMainJob, writeSamples, type StepName } from 'causeway/journey';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Backend } from '../checks/backend.js';
import { dumpTables } from '../checks/dump.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

const runs: readonly { column: ColumnName; custody: 'gatekeeper' | 'provider'; portBase: number }[] = [
  { column: 'embedded', custody: 'provider', portBase: 8510 },
  { column: 'production', custody: 'gatekeeper', portBase: 8540 },
];
const steps: readonly StepName[] = ['opt-in', 'enlist', 'text-out', 'text-in', 'image-out'];
const stores = ['accounts', 'fanout', 'keys', 'media', 'session', 'webhooks'];

/** What names nobody and stays, or ends by itself within days. */
const mayHoldIds =
  /^accounts\.(users|erasures|erased_stores|audit_log|revocations|outbox|inbox)$|^eventlog\./;

for (const { column: name, custody, portBase } of runs) {
  describeColumn(
    name,
    `custody ${custody}: a user sees all that is kept about her, and leaves for good`,
    (engines) => {
      const user = `quokka${randomBytes(6).toString('hex')}`;
      let column: Column;
      let people: People;
      let userId: string;
      let deviceId: string;
      let backend: Backend;

      beforeAll(async () => {
        column = await startColumn(name, engines, { portBase, custody });
        people = await bringPeople(column, user);
        const samples = writeSamples(join(column.dataDir, 'samples'));
        const context = { ...people, samples, wakes: column.wakes, ids: new Map<string, string>() };
        const results = await runMainJob(context, () => undefined, steps);
        expect(results.at(-1), results.at(-1)?.story).toMatchObject({ ok: true });
        deviceId = await people.alice.device.register();
        backend = new Backend(column.endpoints);
        userId = await backend.userId(user);
      });
      afterAll(async () => {
        await people?.alice.device.close();
        await column?.stop();
      });

      it('shows what every service keeps, and nothing that was said', async () => {
        const text = await (await backend.call('GET', `/${userId}/export`)).text();
        const document = JSON.parse(text) as { records: { table: string }[]; stores: { store: string }[] };
        expect(document.stores.map(({ store }) => store).toSorted()).toEqual(stores);
        const tables = new Set(document.records.map(({ table }) => table));
        for (const table of ['accounts.opt_ins', 'keys.prekeys', 'session.noise_keys', 'media.objects'])
          expect(tables).toContain(table);
        expect(text).toContain(people.alice.identifier);
        expect(text).toContain(deviceId);
        expect(text).not.toMatch(/lunch at the lake/i);
      });

      it('leaves the gatekeeper, and every store confirms', async () => {
        expect((await backend.call('PUT', `/${userId}/erasure`)).status).toBe(202);
        await eventually(
          async () => {
            const receipt = await backend.receipt(userId);
            expect(receipt).toMatchObject({ state: 'done', waitingFor: [] });
            expect(receipt.stores.map(({ store }) => store)).toEqual(stores);
          },
          { deadlineMs: 100_000 },
        );
      });

      it('is in no table any more', async () => {
        people.alice.device.disconnect();
        await column.drain();
        const tables = await column.readDatabase(dumpTables);
        const holding = [...tables]
          .filter(([table]) => !mayHoldIds.test(table))
          .filter(([, rows]) => rows.includes(deviceId) || rows.includes(userId))
          .map(([table]) => table);
        expect(holding).toEqual([]);
        expect(tables.get('accounts.users')).toContain(userId);
      });
    },
  );
}
