import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Postgres, sql } from '@causeway/postgres';
import { createDataKey, DataKey, openRecord, sealRecord, WrappingRing } from '@causeway/sealing';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runInProcess } from '../fixtures/in-process.js';
import type { WrappingKeyReport } from './describe.js';
import { sealedTablesOf, sealingServices, type SealingService } from './services.js';

const LEAD_MS = 600_000;
const secret = 'PLANTED secret';

/** What a dump holds of a row. @returns the secret in it, by the ring that is given */
type Dumped = (ring: WrappingRing) => Promise<string>;

describeWithEngine('postgres', 'causeway wrapping-keys', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let folder: string;

  beforeEach(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.url, options);
    folder = await mkdtemp(join(tmpdir(), 'causeway-wrapping-'));
    for (const service of sealingServices) await rotate(service);
  });
  afterEach(async () => {
    await postgres.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const fileOf = (service: SealingService) => join(folder, `${service}.json`);
  const run = (...argv: string[]) =>
    runInProcess(['wrapping-keys', ...argv], {
      CAUSEWAY_ADMIN_DATABASE_URL: database.url,
      CAUSEWAY_ACCOUNTS_WRAPPING_KEY_RING_FILE: fileOf('accounts'),
      CAUSEWAY_SESSION_WRAPPING_KEY_RING_FILE: fileOf('session'),
      CAUSEWAY_FANOUT_WRAPPING_KEY_RING_FILE: fileOf('fanout'),
    });
  async function json<T>(...argv: string[]): Promise<T> {
    return JSON.parse((await run(...argv, '--json')).stdout) as T;
  }
  const ringOf = async (service: SealingService) =>
    WrappingRing.parse(JSON.parse(await readFile(fileOf(service), 'utf8')));

  /** Adds a key and lets the time pass until it wraps and the one before may go. */
  async function rotate(service: SealingService): Promise<string> {
    const { id } = await json<{ id: string }>('rotate', service);
    const ring = await ringOf(service);
    for (const key of ring.keys) key.wrapsFrom -= 2 * LEAD_MS;
    await writeFile(fileOf(service), JSON.stringify(ring));
    return id;
  }
  const list = async () =>
    (await json<{ services: Record<SealingService, WrappingKeyReport[]> }>('list')).services;

  async function contextOf(service: SealingService, id: string): Promise<string> {
    const [table] = await sealedTablesOf(service);
    return table?.context(id) ?? '';
  }

  /** A row of each sealed table, as its service writes it. */
  async function plant(): Promise<{ userId: string; dump: Record<SealingService, Dumped> }> {
    const [userId, deviceId] = [randomUUID(), randomUUID()];
    const sessionKey = `${deviceId}.simulator`;
    const users = await contextOf('accounts', userId);
    const wrapped = await createDataKey(keyWrapOf(await ringOf('accounts')), users);
    using dataKey = await DataKey.open(keyWrapOf(await ringOf('accounts')), users, wrapped);
    const column = dataKey.seal('identifier', Buffer.from(secret));
    await postgres.query(sql`insert into accounts.users (id, subject_hash, data_key_sealed)
      values (${userId}, ${randomBytes(32)}, ${wrapped})`);
    const record = async (service: SealingService, id: string) => {
      const context = await contextOf(service, id);
      const sealed = await sealRecord(keyWrapOf(await ringOf(service)), context, Buffer.from(secret));
      const open: Dumped = async (ring) => (await openRecord(keyWrapOf(ring), context, sealed)).toString();
      return { ...sealed, open };
    };
    const noise = await record('session', sessionKey);
    await postgres.query(sql`
      insert into session.noise_keys (session_key, public_key, sealed_private, wrapped_data_key)
      values (${sessionKey}, ${randomBytes(32)}, ${noise.sealed}, ${noise.wrappedKey})`);
    const push = await record('fanout', deviceId);
    await postgres.query(sql`
      insert into fanout.web_push_registrations (device_id, user_id, sealed, wrapped_data_key)
      values (${deviceId}, ${userId}, ${push.sealed}, ${push.wrappedKey})`);
    const accounts: Dumped = async (ring) => {
      using opened = await DataKey.open(keyWrapOf(ring), users, wrapped);
      return opened.open('identifier', column).toString();
    };
    return { userId, dump: { accounts, session: noise.open, fanout: push.open } };
  }

  it('rotates, wraps anew and drops: a dump from before an erasure does not open any more', async () => {
    const [erased, stays] = [await plant(), await plant()];
    const before = await ringOf('accounts');
    for (const table of ['session.noise_keys', 'fanout.web_push_registrations']) {
      const key = table === 'session.noise_keys' ? sql`session_key` : sql`device_id`;
      await postgres.query(sql`
        delete from ${sql.ident(...table.split('.'))} where ctid = (
          select ctid from ${sql.ident(...table.split('.'))} order by ${key} limit 1)`);
    }
    await postgres.query(sql`
      update accounts.users set state = 'erased', data_key_sealed = null where id = ${erased.userId}::uuid`);
    for (const service of sealingServices) {
      // Without a rotation, who has the wrapping key opens the dump.
      expect(await erased.dump[service](await ringOf(service))).toBe(secret);
      const [old] = (await ringOf(service)).keys;
      const next = await rotate(service);
      await expect(run('drop', service, old?.id ?? '')).rejects.toMatchObject({
        code: 'wrapping_key_in_use',
        message: expect.stringContaining('1 rows name it'),
      });
      const { tables } = await json<{ tables: object }>('rewrap', service);
      expect(Object.values(tables)).toEqual([{ rewrapped: 1, unreadable: 0 }]);
      await run('drop', service, old?.id ?? '');
      const ring = await ringOf(service);
      expect(ring.keys.map(({ id }) => id)).toEqual([next]);
      await expect(erased.dump[service](ring)).rejects.toMatchObject({ code: 'wrapping_key_unknown' });
    }
    // What is in the database opens as before, and would not if it were the dump's bytes.
    const [row] = await postgres.query<{ data_key_sealed: Buffer }>(sql`
      select data_key_sealed from accounts.users where id = ${stays.userId}::uuid`);
    const context = await contextOf('accounts', stays.userId);
    const now = row?.data_key_sealed ?? Buffer.alloc(0);
    using opened = await DataKey.open(keyWrapOf(await ringOf('accounts')), context, now);
    expect(opened).toBeDefined();
    await expect(stays.dump.accounts(await ringOf('accounts'))).rejects.toThrow();
    expect(await stays.dump.accounts(before)).toBe(secret);
  });

  it('counts the rows of each key, and tells of keys that the ring has not', async () => {
    await plant();
    const next = await rotate('session');
    const foreign = await createDataKey(keyWrapOf(), 'x');
    await postgres.query(sql`insert into accounts.users (id, subject_hash, data_key_sealed)
      values (${randomUUID()}, ${randomBytes(32)}, ${foreign})`);
    const { accounts, session } = await list();
    expect(session.map(({ state, rows }) => [state, rows['session.noise_keys']])).toEqual([
      ['resting', 1],
      ['wrapping', 0],
    ]);
    expect(session[1]?.id).toBe(next);
    expect(accounts.map(({ state, rows }) => [state, rows['accounts.users']])).toEqual([
      ['wrapping', 1],
      ['missing', 1],
    ]);
    const { code, stdout } = await run('rewrap', 'accounts');
    expect(code).toBe(1);
    expect(stdout).toContain('accounts.users: 0 rows wrapped anew, 1 do not open');
    expect((await run('list')).stdout).toMatch(/missing/);
  });

  it('lets a new key wait until every pod has read the ring', async () => {
    const startedAt = Date.now();
    const { wrapsFrom } = await json<{ wrapsFrom: string }>('rotate', 'fanout');
    expect(Date.parse(wrapsFrom)).toBeGreaterThanOrEqual(startedAt + LEAD_MS);
    expect((await list()).fanout.map(({ state }) => state)).toEqual(['wrapping', 'coming']);
    await expect(run('rotate', 'fanout')).rejects.toMatchObject({ code: 'wrapping_key_waits' });
  });

  it('tells nobody a key, and says who did what', async () => {
    const told = [await run('rotate', 'session'), await run('list'), await run('list', '--json')];
    const text = told.map(({ stdout, stderr }) => stdout + stderr).join('');
    for (const { key } of (await ringOf('session')).keys) expect(text).not.toContain(key);
    expect(JSON.parse(told[0]?.stderr ?? '')).toMatchObject({
      audit: 'wrapping_keys',
      action: 'rotated',
      service: 'session',
      actor: expect.any(String),
    });
  });

  it('refuses what is no ring, quoting nothing of it, and says where there is none', async () => {
    await writeFile(fileOf('session'), 'PLANTED');
    await expect(run('rewrap', 'session')).rejects.toMatchObject({
      code: 'wrapping_key_ring_invalid',
      message: expect.not.stringContaining('PLANTED'),
    });
    await rm(fileOf('fanout'));
    await expect(run('rewrap', 'fanout')).rejects.toMatchObject({ code: 'wrapping_key_ring_missing' });
    await expect(run('drop', 'fanout', 'x')).rejects.toMatchObject({ code: 'wrapping_key_ring_missing' });
    await json('rotate', 'fanout', '--remote', 'kms-1');
    await expect(run('rewrap', 'fanout')).rejects.toMatchObject({ code: 'key_service_missing' });
    await expect(
      runInProcess(['--data-root', join(folder, 'none'), 'wrapping-keys', 'list'], {}),
    ).rejects.toMatchObject({ code: 'nothing_here' });
  });
});
