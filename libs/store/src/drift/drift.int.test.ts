import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Postgres, sql } from '@causeway/postgres';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrationsFolder } from '../migrate/folder.js';
import { migrate } from '../migrate/migrate.js';
import { owners } from '../owners.js';
import { differences, readCatalogue, type Catalogue } from './catalogue.js';
import { schemaDdl } from './schema-ddl.js';

/** What the schema language cannot say and only the migrations do. */
const extras = new Set([
  'index accounts.identifiers_value_hmac_live_key',
  'index accounts.opt_ins_user_id_gatekeeper_live_key',
  'index keys.prekeys_available_idx',
  'index fanout.submissions_waiting_idx',
  'index accounts.opt_ins_deleting_idx',
  'index fanout.wakes_waiting_idx',
  'index accounts.users_wrapping_key_idx',
  'index session.noise_keys_wrapping_key_idx',
  'index fanout.web_push_registrations_wrapping_key_idx',
  'view accounts.directory',
  ...owners.map((owner) => `options ${owner}.outbox`),
  'options webhooks.push_deliveries',
  'options webhooks.push_resolutions',
  'partitioning fanout.mailbox',
  ...Array.from({ length: 8 }, (_, bucket) => `partition fanout.mailbox_${bucket}`),
  'view accounts.revoked',
  'view accounts.live_sessions',
  'function accounts.check_opt_in_transition',
  'trigger accounts.opt_ins.opt_ins_transition',
  'constraint accounts.users.users_state_check',
  'constraint accounts.users.users_erased_check',
  'constraint accounts.identifiers.identifiers_kind_check',
  'constraint accounts.opt_ins.opt_ins_state_check',
  'constraint accounts.enlistments.enlistments_integrator_check',
  'constraint accounts.enlistments.enlistments_mode_check',
  'constraint accounts.mode_choices.mode_choices_mode_check',
  'constraint accounts.whereabouts.whereabouts_source_check',
  'constraint accounts.erasures.erasures_requested_by_check',
  'constraint keys.prekeys.prekeys_state_check',
  'constraint keys.prekeys.prekeys_key_id_check',
  'constraint keys.identities.identities_signed_prekey_id_check',
  'constraint session.sessions.sessions_state_check',
  'constraint session.sessions.sessions_partition_check',
  'constraint session.rests.rests_kind_check',
  'constraint fanout.submissions.submissions_state_check',
  'constraint fanout.wakes.wakes_state_check',
  'constraint media.objects.objects_state_check',
  'constraint media.objects.objects_size_check',
]);

describeWithEngine('postgres', 'schema and migrations', (postgresUrl) => {
  const databases: TestDatabase[] = [];
  const folders: string[] = [];
  let schema: Catalogue;

  async function catalogueAfter(
    prepare: (postgres: Postgres, url: string) => Promise<unknown>,
  ): Promise<Catalogue> {
    const database = await createTestDatabase({ postgresUrl });
    databases.push(database);
    const options = { poolSize: 2, applicationName: 'drift', statementTimeoutMs: 30_000 };
    const postgres = Postgres.connect(database.url, options);
    try {
      await prepare(postgres, database.url);
      return await readCatalogue(postgres);
    } finally {
      await postgres.close();
    }
  }

  /** The migrations with one piece of text taken out of them. */
  function migrationsWithout(owner: string, text: RegExp): URL {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-drift-'));
    folders.push(folder);
    cpSync(fileURLToPath(migrationsFolder), folder, { recursive: true });
    const name =
      {
        accounts: '20261123090000_accounts',
        keys: '20261123090001_keys',
        fanout: '20261128120000_mailbox_partitions',
      }[owner] ?? '';
    const file = join(folder, name, 'migration.sql');
    const before = readFileSync(file, 'utf8');
    const after = before.replace(text, '');
    expect(after).not.toBe(before);
    writeFileSync(file, after);
    return pathToFileURL(`${folder}/`);
  }

  const driftWithout = async (owner: string, text: RegExp): Promise<string[]> => {
    const migrated = await catalogueAfter((postgres) => migrate(postgres, migrationsWithout(owner, text)));
    return differences(schema, migrated, extras);
  };

  beforeAll(async () => {
    schema = await catalogueAfter(async (postgres, url) => postgres.query(sql.raw(await schemaDdl(url))));
  });

  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it('reads a catalogue that is not empty', () => {
    expect(schema.get('column accounts.users.state')).toBe("text not null default 'active'::text");
    expect(schema.size).toBeGreaterThan(150);
  });

  it('agree, but for the known extras', async () => {
    const migrated = await catalogueAfter((postgres) => migrate(postgres));
    expect(differences(schema, migrated, extras)).toEqual([]);
  });

  it.each([
    ['a column', 'accounts', /^ *"last_error_code" TEXT,\n/m, 'column accounts.enlistments.last_error_code'],
    [
      'an index',
      'accounts',
      /^CREATE INDEX "opt_ins_device_id_idx".*\n/m,
      'index accounts.opt_ins_device_id_idx',
    ],
    ['a default', 'keys', / DEFAULT 'available'/, 'column keys.prekeys.state'],
    [
      'a foreign key',
      'accounts',
      /^ALTER TABLE.*"devices_user_id_fkey".*\n/m,
      'devices.devices_user_id_fkey',
    ],
    [
      'a partial index',
      'keys',
      /^CREATE INDEX "prekeys_available_idx".*\n/m,
      'index keys.prekeys_available_idx',
    ],
    [
      'a partition',
      'fanout',
      /^CREATE TABLE "fanout"."mailbox_5" PARTITION.*\n/m,
      'partition fanout.mailbox_5',
    ],
    [
      'an index of a partitioned table',
      'fanout',
      /^CREATE INDEX "mailbox_session_key_seq_idx".*\n/m,
      'index fanout.mailbox_session_key_seq_idx',
    ],
    ['a state check', 'keys', /^ALTER TABLE.*"prekeys_state_check".*\n/m, 'prekeys.prekeys_state_check'],
  ])('notices %s that is taken out of a migration', async (_what, owner, text, object) => {
    const drift = await driftWithout(owner, text);
    expect(drift).toHaveLength(1);
    expect(drift[0]).toContain(object);
  });
});
