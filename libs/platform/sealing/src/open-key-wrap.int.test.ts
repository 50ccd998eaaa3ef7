import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Postgres, sql } from '@causeway/postgres';
import { startService, type RunningService, type ServiceDefinition } from '@causeway/runtime';
import { TestDeployment } from '@causeway/runtime/testing';
import { createTestDatabase, describeWithEngine, eventually, type TestDatabase } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyServiceSection, openKeyWrap, wrappingKeysSection, type RingKeyWrap } from './index.js';
import { createWrappingRing, keyWrapOf } from './testing/index.js';

class Nothing {}

const ring = createWrappingRing('old', 'new');

describeWithEngine('postgres', 'the wrapping keys of a service', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let deployment: TestDeployment;
  let folder: string;
  let service: RunningService;
  let keyWrap: RingKeyWrap;

  const write = async (keys: typeof ring.keys) => {
    await writeFile(join(folder, 'next'), JSON.stringify({ version: 1, keys }));
    await rename(join(folder, 'next'), join(folder, 'ring'));
  };

  beforeAll(async () => {
    database = await createTestDatabase({ postgresUrl });
    const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.url, options);
    await postgres.query(sql`create table records (name text primary key, wrapped bytea)`);
    const wrapped = await keyWrapOf(createWrappingRing('gone')).wrap(Buffer.alloc(32), 'x');
    const known = await keyWrapOf({ ...ring, keys: ring.keys.slice(0, 1) }).wrap(Buffer.alloc(32), 'x');
    await postgres.query(sql`insert into records values ('a', ${wrapped}), ('b', ${known}), ('c', ${known})`);
    folder = await mkdtemp(join(tmpdir(), 'causeway-ring-'));
    await write(ring.keys);
    deployment = await TestDeployment.start();
    const sections = [wrappingKeysSection, keyServiceSection] as const;
    const definition: ServiceDefinition<typeof sections> = {
      name: 'keys',
      sections,
      outbox: undefined,
      module(context) {
        const table = {
          table: 'public.records',
          id: { column: 'name', type: 'text' },
          wrappedKey: 'wrapped',
          context: () => 'x',
        } as const;
        keyWrap = openKeyWrap(context, [table]);
        return { module: Nothing };
      },
    };
    const env = deployment.env(
      'keys',
      { databaseUrl: database.url },
      { CAUSEWAY_WRAPPING_KEY_RING_FILE: join(folder, 'ring') },
    );
    service = await startService(definition, { ...deployment, env });
  });
  afterAll(async () => {
    await service.drain();
    await Promise.all([postgres.close(), deployment.stop()]);
    await Promise.all([database.drop(), rm(folder, { recursive: true })]);
  });

  it('are counted where other keys wrap: those that the ring has, and those that it has not', async () => {
    await eventually(async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      expect(metrics).toMatch(/wrapped_by_another_key_rows\{[^}]*wrapping_key="known"[^}]*\} 2/);
      expect(metrics).toMatch(/wrapped_by_another_key_rows\{[^}]*wrapping_key="missing"[^}]*\} 1/);
      expect(metrics).toMatch(/wrapping_key_age_seconds\S* \d/);
    });
  });

  it('are replaced while it runs, and what cannot be used is refused', async () => {
    const wrapped = await keyWrap.wrap(Buffer.alloc(32, 1), 'x');
    expect(keyWrap.wrapper()).toBe('new');
    const [old, present] = ring.keys;
    const next = createWrappingRing('next').keys.map((key) => ({ ...key, wrapsFrom: 2 }));
    await write([...(present === undefined ? [] : [present]), ...next]);
    await eventually(() => expect(keyWrap.wrapper()).toBe('next'), { deadlineMs: 12_000 });
    expect(await keyWrap.unwrap(wrapped, 'x')).toEqual(Buffer.alloc(32, 1));
    await write([...(old === undefined ? [] : [old, old])]);
    await eventually(() => expect(deployment.logs()).toContain('the last good ones stay in use'), {
      deadlineMs: 12_000,
    });
    expect(keyWrap.wrapper()).toBe('next');
    expect(deployment.logs()).not.toContain(old?.key);
  });
});
