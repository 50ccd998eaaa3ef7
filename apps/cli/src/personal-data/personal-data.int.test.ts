import { readdirSync, readFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { fanoutService } from '@causeway/fanout';
import { keysService } from '@causeway/keys';
import { mediaService } from '@causeway/media';
import { PersonalData, type ExportedRecord, type PersonalTable, type Subject } from '@causeway/personal-data';
import { Postgres, sql } from '@causeway/postgres';
import { sessionService } from '@causeway/session';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { webhooksService } from '@causeway/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const services = {
  keys: keysService,
  session: sessionService,
  fanout: fanoutService,
  media: mediaService,
  webhooks: webhooksService,
};
type Owner = keyof typeof services;
const owners = Object.keys(services) as Owner[];
const tablesOf = (owner: Owner): readonly PersonalTable[] => services[owner].personalData ?? [];

/** What passes through, with ids alone and a bound of its own, and is not asked for. */
const passing = /\.(outbox|parked_events)$|^(keys|session|media|webhooks)\.inbox$/;

/** Tables with a personal column, as the schema's comments say. */
function personalTables(owner: Owner): string[] {
  const folder = new URL('../../../../libs/store/prisma/schema/', import.meta.url);
  expect(readdirSync(folder)).toContain(`${owner}.prisma`);
  const models = readFileSync(new URL(`${owner}.prisma`, folder), 'utf8')
    .split(/^model /m)
    .slice(1);
  return models
    .filter((model) => model.includes('/// Personal:'))
    .map((model) => `${owner}.${/@@map\("(\w+)"\)/.exec(model)?.[1]}`)
    .filter((table) => !passing.test(table));
}

describe('the tables in which services keep something about persons', () => {
  it.each(owners)('of %s are all that have a personal column', (owner) => {
    const named = tablesOf(owner).map(({ table }) => table);
    expect(named.toSorted()).toEqual(personalTables(owner).toSorted());
  });
});

describeWithEngine('postgres', 'what services keep about persons', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  const own = new Map<Owner, Postgres>();
  const options = { poolSize: 2, applicationName: 'test', statementTimeoutMs: 5_000 };

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    admin = Postgres.connect(database.url, options);
    for (const owner of owners) own.set(owner, Postgres.connect(database.urlFor(owner), options));
  });
  afterAll(async () => {
    await Promise.all([admin, ...own.values()].map((postgres) => postgres.close()));
    await database.drop();
  });

  const data = (owner: Owner): PersonalData => {
    const postgres = own.get(owner);
    if (postgres === undefined) throw new Error(owner);
    return new PersonalData(postgres, tablesOf(owner));
  };

  async function all(owner: Owner, subject: Subject): Promise<ExportedRecord[]> {
    const records: ExportedRecord[] = [];
    let cursor: string | undefined;
    do {
      const page = await data(owner).export(subject, cursor);
      records.push(...page.records);
      cursor = page.next;
    } while (cursor !== undefined);
    return records;
  }

  /** A person with a row in every table, and more prekeys than fit into a page. */
  async function newPerson(): Promise<Subject> {
    const [userId, deviceId] = [randomUUID(), randomUUID()];
    const sessionKey = `${deviceId}.simulator`;
    const [bytes, hmac] = [randomBytes(32), randomBytes(32)];
    await admin.query(sql`insert into keys.identities (device_id, gatekeeper, registration_id, identity_key, signed_prekey_id, signed_prekey, signed_prekey_signature)
      values (${deviceId}, 'simulator', 1, ${bytes}, 1, ${bytes}, ${bytes})`);
    await admin.query(sql`insert into keys.prekeys (device_id, pool, key_id, public_key)
      select ${deviceId}::uuid, 'simulator', n, decode(md5(n::text), 'hex') from generate_series(1, 450) n`);
    await admin.query(sql`insert into session.noise_keys (session_key, public_key, sealed_private, wrapped_data_key)
      values (${sessionKey}, ${bytes}, ${bytes}, ${bytes})`);
    await admin.query(
      sql`insert into session.sessions (session_key, state, partition, generation) values (${sessionKey}, 'closed', 1, 1)`,
    );
    await admin.query(sql`insert into session.rests (session_key, kind, partition, code, until)
      values (${sessionKey}, 'login', 1, 'account_paused', now() + interval '1 day')`);
    await admin.query(sql`insert into fanout.mailbox (session_key, dedupe_key, kind, payload, expires_at)
      values (${sessionKey}, ${bytes}, 'message', ${Buffer.from('planted envelope')}, now() + interval '1 day')`);
    await admin.query(sql`insert into fanout.mailbox_stalls (session_key) values (${sessionKey})`);
    await admin.query(sql`insert into fanout.submissions (session_key, message_id, payload, state, expires_at)
      values (${sessionKey}, 'm1', ${Buffer.from('planted envelope')}, 'waiting', now() + interval '1 day')`);
    await admin.query(sql`insert into fanout.inbox (source, id) values (${sessionKey}, 'x')`);
    await admin.query(sql`insert into fanout.wakes (device_id, gatekeeper, user_id, urgent, requested_at, due_at)
      values (${deviceId}::uuid, 'simulator', ${userId}::uuid, true, now(), now())`);
    await admin.query(sql`insert into fanout.web_push_registrations (device_id, user_id, sealed, wrapped_data_key)
      values (${deviceId}::uuid, ${userId}::uuid, ${bytes}, ${bytes})`);
    await admin.query(sql`insert into media.objects (reference, device_id, user_id, gatekeeper, size, sha256, state, expires_at)
      values (${randomBytes(16).toString('base64url')}, ${deviceId}::uuid, ${userId}::uuid, 'simulator', 1, ${bytes}, 'ready', now() + interval '1 day')`);
    for (const table of ['push_deliveries', 'push_resolutions']) {
      await admin.query(
        sql`insert into ${sql.ident('webhooks', table)} (gatekeeper, identifier_hmac) values ('simulator', ${hmac})`,
      );
    }
    return {
      userId,
      deviceIds: [deviceId],
      sessionKeys: [sessionKey],
      identifierHashes: [hmac.toString('base64')],
      gatekeepers: ['simulator'],
    };
  }

  it.each(owners)('is shown by %s whole, in pages, without keys and without content', async (owner) => {
    const [person, other] = [await newPerson(), await newPerson()];
    const records = await all(owner, person);
    const shown = new Set(records.map(({ table }) => table));
    expect([...shown].toSorted()).toEqual(personalTables(owner).toSorted());
    if (owner === 'keys') expect(records.filter(({ table }) => table === 'keys.prekeys')).toHaveLength(450);
    const text = JSON.stringify(records);
    for (const id of [other.userId, ...other.deviceIds]) expect(text).not.toContain(id);
    expect(text).not.toContain(Buffer.from('planted').toString('hex'));
    expect(text).not.toMatch(/sealed_private|wrapped_data_key/);
    if (owner === 'fanout') expect(text).toContain('"payload_bytes":16');
  });

  it.each(owners)('is erased by %s, again and again, and nobody else’s with it', async (owner) => {
    const [person, other] = [await newPerson(), await newPerson()];
    const before = await all(owner, other);
    const erased = await data(owner).erase(person);
    // The bytes of blobs are removed by a sweeper, and the row with them.
    expect(erased).toBe(owner !== 'media');
    if (owner === 'media') {
      expect((await all(owner, person)).map(({ record }) => record['state'])).toEqual(['deleted']);
      await admin.query(sql`delete from media.objects where user_id = ${person.userId}::uuid`);
    }
    expect(await data(owner).erase(person)).toBe(true);
    expect(await all(owner, person)).toEqual([]);
    expect(await all(owner, other)).toEqual(before);
  });

  it('is nothing for a name that nobody has', async () => {
    const nobody = {
      userId: randomUUID(),
      deviceIds: [],
      sessionKeys: [],
      identifierHashes: [],
      gatekeepers: [],
    };
    for (const owner of owners) {
      expect(await all(owner, nobody)).toEqual([]);
      expect(await data(owner).erase(nobody)).toBe(true);
    }
  });
});
