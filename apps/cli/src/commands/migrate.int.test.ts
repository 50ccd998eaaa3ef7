import { Readable, Writable } from 'node:stream';
import { topics } from '@causeway/contracts';
import { Postgres, sql, type Sql } from '@causeway/postgres';
import { testPasswords } from '@causeway/store/testing';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createProgram } from '../program.js';

// Roles belong to the whole server: with other passwords, the tests beside this one could no longer log in.
const passwords = testPasswords;
let database: TestDatabase;
let roles: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase(inject('engines'));
  roles = await createTestDatabase(inject('engines'));
});
afterAll(async () => {
  await database.drop();
  await roles.drop();
});

/** Runs `causeway migrate` as the terminal does. @returns its exit code and the JSON line */
async function run(argv: readonly string[], environment: Record<string, string>) {
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, written) {
      text += chunk.toString('utf8');
      written();
    },
  });
  let code: number | undefined;
  const stdin = Readable.from([]);
  const program = createProgram({ stdin, stdout, stderr: stdout, environment }, (ended) => (code = ended));
  await program.parseAsync(['migrate', ...argv, '--json'], { from: 'user' });
  return { code, report: JSON.parse(text) as Record<string, unknown> };
}

const environmentOf = (url: string, eventsUrl: string, partitions = 8): Record<string, string> => ({
  CAUSEWAY_ADMIN_DATABASE_URL: url,
  CAUSEWAY_ROLE_PASSWORDS: JSON.stringify(passwords),
  CAUSEWAY_EVENTS_URL: eventsUrl,
  CAUSEWAY_EVENTS_PARTITIONS: String(partitions),
});

/** Runs a statement as an administrator, or as a service's role. */
async function query(url: string, statement: Sql): Promise<unknown[]> {
  const options = { poolSize: 1, applicationName: 'migrate-test', statementTimeoutMs: 5_000 };
  const postgres = Postgres.connect(url, options);
  return postgres.query(statement).finally(() => postgres.close());
}

function asKeys(url: string): string {
  const own = new URL(url);
  own.username = 'causeway_keys';
  own.password = passwords.keys;
  return own.href;
}

const names = topics.flatMap(({ name }) => [name, `${name}.dlq`]).sort();

describe('causeway migrate, event log in the database', () => {
  it('brings an empty database up to date, and changes nothing the second time', async () => {
    const environment = environmentOf(database.url, 'postgres:');
    const first = await run([], environment);
    expect(first).toMatchObject({ code: 0, report: { ok: true, ahead: [] } });
    expect(first.report['applied']).not.toEqual([]);
    const made = first.report['topics'] as { name: string; partitions: number; created: boolean }[];
    expect(made.map(({ name }) => name).sort()).toEqual(names);
    expect(made.every(({ partitions, created }) => partitions === 8 && created)).toBe(true);
    const second = await run([], environment);
    expect(second).toMatchObject({ code: 0, report: { ok: true, applied: [] } });
    expect(second.report['topics']).toEqual(made.map((topic) => ({ ...topic, created: false })));
    // The password works, on the role's own tables and on the event log.
    await query(asKeys(database.url), sql`select 1 from keys.outbox`);
    await query(asKeys(database.url), sql`select 1 from eventlog.events`);
  });

  it('refuses another count of partitions', async () => {
    await expect(run([], environmentOf(database.url, 'postgres:', 9))).rejects.toMatchObject({
      code: 'partitions_differ',
      // A line for each topic.
      message: expect.stringMatching(
        /^(topic causeway\.\S+ has 8 partitions, not 9: [^\n]* \(partitions_differ\)(\n|$)){12}$/,
      ),
    });
  });

  it('stops at a migration that failed until it is marked as repaired', async () => {
    const environment = environmentOf(database.url, 'postgres:');
    await query(
      database.url,
      sql`insert into _prisma_migrations (id, checksum, migration_name) values ('x', 'x', '20990101000000_bad')`,
    );
    await expect(run([], environment)).rejects.toMatchObject({ code: 'migration_failed_before' });
    const resolved = await run(['--resolve', '20990101000000_bad'], environment);
    expect(resolved).toMatchObject({ code: 0, report: { ok: true, resolved: '20990101000000_bad' } });
    expect(await run([], environment)).toMatchObject({ code: 0 });
    await expect(run(['--resolve', '20990101000000_bad'], environment)).rejects.toMatchObject({
      code: 'migration_not_failed',
    });
  });

  it('names a setting that is missing or wrong, without its value', async () => {
    await expect(run([], {})).rejects.toThrow(/^CAUSEWAY_ADMIN_DATABASE_URL: is required\n/);
    const short = { ...environmentOf(database.url, 'postgres:'), CAUSEWAY_ROLE_PASSWORDS: '{"keys":"pw"}' };
    await expect(run([], short)).rejects.toThrow(
      /^CAUSEWAY_ROLE_PASSWORDS: is malformed \(a secret, not shown\)$/,
    );
  });

  it('says that no database answers', async () => {
    const nowhere = environmentOf('postgres://admin:secret@127.0.0.1:1/causeway', 'postgres:');
    await expect(run([], nowhere)).rejects.toThrow(/^database unavailable: ECONNREFUSED$/);
  });
});

describeWithEngine('kafka', 'causeway migrate, event log in Kafka', (brokers) => {
  it('creates the topics at the broker and no log in the database', async () => {
    const { code, report } = await run([], environmentOf(roles.url, `kafka://${brokers}`));
    expect(code).toBe(0);
    expect((report['topics'] as { name: string }[]).map(({ name }) => name).sort()).toEqual(names);
    expect(await query(roles.url, sql`select 1 from pg_namespace where nspname = 'eventlog'`)).toEqual([]);
    await expect(run([], environmentOf(roles.url, `kafka://${brokers}`, 9))).rejects.toMatchObject({
      code: 'partitions_differ',
    });
  });
});

describeWithEngine('redis', 'causeway migrate, users in Redis', (url) => {
  const environment = (more: Record<string, string>) => ({
    ...environmentOf(roles.url, 'postgres:'),
    ...more,
  });

  it('makes the users of the services, and says that the server will forget them', async () => {
    const settings = {
      CAUSEWAY_ADMIN_COORDINATION_URL: url,
      CAUSEWAY_COORDINATION_PASSWORDS: JSON.stringify(passwords),
    };
    const { code, report } = await run([], environment(settings));
    expect(code).toBe(0);
    expect(report['redisUsers']).toEqual({
      users: ['accounts', 'keys', 'session', 'fanout', 'media', 'webhooks'].map((name) => `causeway_${name}`),
      kept: false,
      open: true,
    });
  });

  it('wants the passwords with the address', async () => {
    await expect(run([], environment({ CAUSEWAY_ADMIN_COORDINATION_URL: url }))).rejects.toThrow(
      'belong together',
    );
  });
});
