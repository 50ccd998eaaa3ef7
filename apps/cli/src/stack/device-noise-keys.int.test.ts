import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Postgres, sql } from '@causeway/postgres';
import { runningEmbeddedPostgres } from '@causeway/embedded-postgres';
import { afterEach, expect, it } from 'vitest';
import { simulatorProfile } from '../commands/environment.js';
import { DataRoot } from '../fixtures/data-root.js';
import { Phone } from '../journey/phone.js';
import { ProviderUser } from '../journey/user.js';
import { stackFolders } from './folders.js';
import { stackPorts } from './ports.js';
import { startStack, type Stack } from './stack.js';

const PORT_BASE = 21_700;
const WITHIN_MS = 20_000;

let root: DataRoot;
let stack: Stack | undefined;

afterEach(async () => {
  await stack?.stop();
  await root.remove(PORT_BASE + 20);
}, 60_000);

async function start(custody: 'gatekeeper' | 'provider'): Promise<Stack> {
  root = new DataRoot();
  const profileTemplate = join(root.path, 'template.yaml');
  writeFileSync(profileTemplate, `${readFileSync(simulatorProfile, 'utf8')}\nnoiseKeys: device\n`);
  return startStack({
    dataDir: root.path,
    ports: stackPorts(PORT_BASE),
    gatekeeper: { kind: 'simulator', custody, profileTemplate },
    fresh: true,
    environment: {},
    logLevel: 'info',
    log: () => undefined,
  });
}

/** The device's private Noise key, from a copy of its own folder, which it has locked. */
function privateKeyOf(devicesFolder: string, name: string): Buffer {
  const copy = join(root.path, 'copy.sqlite');
  for (const suffix of ['', '-wal']) {
    copyFileSync(join(devicesFolder, name, `device.sqlite${suffix}`), `${copy}${suffix}`);
  }
  const database = new DatabaseSync(copy);
  try {
    const row = database.prepare("SELECT value FROM meta WHERE key = 'noise_key'").get();
    return Buffer.from((row?.['value'] ?? []) as Uint8Array);
  } finally {
    database.close();
  }
}

/** Every row of every table of the stack's database, and so of every topic, as text. */
async function dump(postgres: Postgres): Promise<string> {
  const tables = await postgres.query<{ schema: string; name: string }>(sql`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`);
  const parts = await Promise.all(
    tables.map(({ schema, name }) =>
      postgres.query<{ text: string }>(sql`select t::text as text from ${sql.ident(schema, name)} t`),
    ),
  );
  return parts.flatMap((rows) => rows.map(({ text }) => text)).join('\n');
}

it.each(['gatekeeper', 'provider'] as const)(
  'logs in with a key that the device keeps, which is nowhere on the server (custody %s)',
  async (custody) => {
    stack = await start(custody);
    const bob = new Phone(`${stack.endpoints.control}`, '4915550003');
    await bob.create('Bob');
    const alice = new ProviderUser('alice', stack.endpoints, stack.devicesFolder);
    const url = new URL(runningEmbeddedPostgres(stackFolders(root.path).database) ?? '');
    url.pathname = '/causeway';
    const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: 20_000 };
    const postgres = Postgres.connect(url.href, options);
    try {
      await alice.enter(WITHIN_MS);
      const { id } = await alice.device.send({ to: bob.jid, kind: 'text', text: 'Hello' });
      expect(await alice.outcome(id, WITHIN_MS)).toBe('accepted');
      alice.device.disconnect();
      await alice.device.connect(WITHIN_MS);

      const key = privateKeyOf(stack.devicesFolder, 'alice');
      expect(key).toHaveLength(32);
      const text = await dump(postgres);
      // Two logins were agreed on through the topics; what was agreed is sealed, and the key was in none of it.
      expect(text.match(/noise\.dh\.answer/g)?.length).toBeGreaterThanOrEqual(2);
      for (const form of ['hex', 'base64', 'base64url'] as const)
        expect(text).not.toContain(key.toString(form));
      expect(root.log.map((line) => JSON.stringify(line)).join()).not.toContain(key.toString('base64'));
      expect(await postgres.query(sql`select 1 from session.noise_keys`)).toEqual([]);

      expect((await alice.device.optOut(WITHIN_MS)).state).toBe('deleted');
      expect(privateKeyOf(stack.devicesFolder, 'alice')).toHaveLength(0);
    } finally {
      await alice.device.close();
      await postgres.close();
    }
  },
  120_000,
);
