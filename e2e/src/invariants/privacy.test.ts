import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ownKafka } from '@causeway/testing/faults';
import { runMainJob, stepNames, writeSamples } from 'causeway/journey';
import { BareDevice } from '../checks/bare-device.js';
import { dumpTables } from '../checks/dump.js';
import { accountOf } from '../checks/gatekeeper.js';
import { bringPeople, type People } from '../checks/people.js';
import { readSegments, readTopics } from '../checks/topics.js';
import { secretsIn, signedToken } from '../checks/traces.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

/** Under custody `provider` what waits, or travels, is the device's envelope: it names who it is from. */
const mayHoldAddresses = ['fanout.mailbox', 'fanout.submissions', 'fanout.outbox', 'eventlog.events'];

const runs: readonly { column: ColumnName; custody: 'gatekeeper' | 'provider'; portBase: number }[] = [
  { column: 'embedded', custody: 'gatekeeper', portBase: 8400 },
  { column: 'embedded', custody: 'provider', portBase: 8430 },
  { column: 'production', custody: 'gatekeeper', portBase: 8460 },
];

for (const { column: name, custody, portBase } of runs) {
  describeColumn(
    name,
    `custody ${custody}: what users write and who they are is in no log, table or topic`,
    (engines) => {
      const user = `quokka${randomBytes(6).toString('hex')}`;
      const said = {
        spoken: `Out ${randomBytes(9).toString('hex')}`,
        heard: `In ${randomBytes(9).toString('hex')}`,
      };
      const people = { email: `${user}@example.org`, number: `49${randomInt(1e10, 9e10)}` };
      const secrets: Record<string, string> = { ...said, ...people };
      let column: Column;
      let both: People;
      let deviceId: string;
      let tables: Map<string, string>;
      let log: string;
      /** Its files are read, so it is this test's own. */
      let kafka: Awaited<ReturnType<typeof ownKafka>> | undefined;

      beforeAll(async () => {
        kafka = name === 'production' ? await ownKafka() : undefined;
        const { kafkaMutual: _, ...shared } = engines;
        const used = kafka === undefined ? engines : { ...shared, kafkaBrokers: kafka.url };
        column = await startColumn(name, used, { portBase, custody, logLevel: 'trace' });
        both = await bringPeople(column, user, people.number);
        await talk();
        // Killed, so that what was under way is still there; nobody tidies up.
        for (const unit of column.units) await unit.kill();
        log = readFileSync(column.logFile, 'utf8');
        tables = await column.readDatabase(dumpTables);
      });
      afterAll(async () => {
        await both?.alice.device.close();
        await column?.stop();
        await kafka?.remove();
      });

      async function talk(): Promise<void> {
        const { alice, bob } = both;
        const samples = writeSamples(join(column.dataDir, 'samples'));
        const context = { alice, bob, samples, wakes: column.wakes, ids: new Map<string, string>() };
        const steps = stepNames.filter((step) => step !== 'opt-out');
        const results = await runMainJob(context, () => undefined, steps);
        expect(results.at(-1), results.at(-1)?.story).toMatchObject({ ok: true });
        const { jid } = await accountOf(column.endpoints.control, alice.identifier);
        if (name === 'embedded') secrets['account'] = jid;
        const { id } = await alice.device.send({ to: bob.jid, kind: 'text', text: said.spoken });
        await bob.shows(id, 15_000);
        deviceId = await alice.device.register();
        alice.device.disconnect();
        await bob.seesOffline(alice.identifier, 10_000);
        // It is delivered and not acknowledged: it waits where messages wait.
        const bare = await BareDevice.connect(column, user, deviceId);
        await bare.delivered(await bob.send({ to: alice.identifier, kind: 'text', text: said.heard }));
      }

      it('the log', () => {
        expect(log).toContain('"service":"session"');
        expect(secretsIn(log, secrets)).toEqual([]);
        expect(log).not.toMatch(signedToken);
      });

      it('the tables', () => {
        const holding = (known: string) =>
          [...tables].filter(([, rows]) => rows.includes(known)).map(([table]) => table);
        // The dump is worth something only if it shows what is there.
        expect(holding(deviceId)).toEqual(expect.arrayContaining(['accounts.devices', 'keys.identities']));
        const found = new Map([...tables].map(([table, rows]) => [table, secretsIn(rows, secrets)]));
        const expected = (table: string, hits: readonly string[]) =>
          custody === 'provider' && mayHoldAddresses.includes(table)
            ? hits.filter((secret) => secret !== 'number' && secret !== 'account')
            : hits;
        const wrong = [...found].flatMap(([table, hits]) =>
          expected(table, hits).map((secret) => `${secret} in ${table}`),
        );
        expect(wrong).toEqual([]);
        if (custody === 'provider') expect(found.get('fanout.mailbox')).toContain('number');
        expect([...tables].filter(([, rows]) => signedToken.test(rows)).map(([table]) => table)).toEqual([]);
      });

      if (name === 'production') {
        it('the topics', async () => {
          const topics = await readTopics(kafka?.url ?? '');
          for (const topic of ['causeway.upstream.v1', 'causeway.downstream.v1'])
            expect(topics.get(topic)).toContain(deviceId);
          const wrong = [...topics].flatMap(([topic, events]) =>
            secretsIn(events, secrets).map((secret) => `${secret} in ${topic}`),
          );
          expect(wrong).toEqual([]);
          expect(
            [...topics].filter(([, events]) => signedToken.test(events)).map(([topic]) => topic),
          ).toEqual([]);
        });

        it('the files of the broker, although they keep what every connection carried', async () => {
          if (kafka === undefined) throw new Error('no broker');
          const segments = await readSegments(kafka);
          for (const type of ['message.send', 'prekeys.upload'])
            expect(segments.get('causeway.upstream.v1')).toContain(type);
          expect(segments.get('causeway.downstream.v1')).toContain(deviceId);
          const wrong = [...segments].flatMap(([topic, bytes]) =>
            secretsIn(bytes, secrets).map((secret) => `${secret} in ${topic}`),
          );
          expect(wrong).toEqual([]);
        });
      }
    },
  );
}
