import { randomBytes, randomUUID } from 'node:crypto';
import { OptInState } from '@causeway/contracts/accounts';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { INITIAL_STATE, transitions } from './state-machine.js';

const changes = transitions.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} ${to}`);

describeWithEngine('postgres', 'the life of an opt-in in the database', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;
  let postgres: Postgres;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 10, applicationName: 'test', statementTimeoutMs: 5_000 };
    admin = Postgres.connect(database.url, options);
    postgres = Postgres.connect(database.urlFor('accounts'), options);
  });
  afterAll(async () => {
    await Promise.all([admin.close(), postgres.close()]);
    await database.drop();
  });

  async function newUser() {
    const [userId, deviceId, identifierId] = [randomUUID(), randomUUID(), randomUUID()];
    await postgres.query(
      sql`insert into accounts.users (id, subject_hash) values (${userId}, ${randomBytes(32)})`,
    );
    await postgres.query(sql`insert into accounts.devices (id, user_id) values (${deviceId}, ${userId})`);
    await postgres.query(sql`
      insert into accounts.identifiers (id, user_id, kind, value_sealed, value_hmac, proven_at, method)
      values (${identifierId}, ${userId}, 'email', ${randomBytes(8)}, ${randomBytes(32)}, now(), 'test')`);
    return { userId, deviceId, identifierId };
  }

  function insert(
    by: Postgres,
    user: { userId: string; deviceId: string; identifierId: string },
    state: string,
    gatekeeper = 'simulator',
  ) {
    return by.query(sql`
      insert into accounts.opt_ins (user_id, gatekeeper, device_id, identifier_id, state, read_receipts)
      values (${user.userId}::uuid, ${gatekeeper}, ${user.deviceId}::uuid, ${user.identifierId}::uuid, ${state}, true)`);
  }

  it('allows the changes that the code allows', async () => {
    const rows = await postgres.query<{ from_state: string; to_state: string }>(
      sql`select from_state, to_state from accounts.opt_in_transitions`,
    );
    const known = rows.map(({ from_state: from, to_state: to }) => `${from} ${to}`);
    expect(known.toSorted()).toEqual([...new Set(changes)].toSorted());
  });

  it('refuses every other change, to the administrator too', async () => {
    const done: string[] = [];
    for (const from of OptInState.options) {
      const user = await newUser();
      for (const to of OptInState.options) {
        const gatekeeper = `${from}-${to}`;
        await insert(admin, user, from, gatekeeper);
        const change = admin.query(
          sql`update accounts.opt_ins set state = ${to} where gatekeeper = ${gatekeeper}`,
        );
        await change.then(
          () => done.push(`${from} ${to}`),
          (error: unknown) => expect(error).toMatchObject({ code: 'check_violation' }),
        );
      }
    }
    const none = OptInState.options.map((state) => `${state} ${state}`);
    expect(done.toSorted()).toEqual([...new Set([...changes, ...none])].toSorted());
  });

  it('lets the service begin a life at its beginning alone, and change nothing of what is allowed', async () => {
    const user = await newUser();
    for (const state of OptInState.options.filter((each) => each !== INITIAL_STATE)) {
      await expect(insert(postgres, user, state)).rejects.toMatchObject({ code: 'permission_denied' });
    }
    await insert(postgres, user, INITIAL_STATE);
    await expect(
      postgres.query(sql`insert into accounts.opt_in_transitions values ('deleted', 'enlisted')`),
    ).rejects.toMatchObject({ code: 'permission_denied' });
  });

  it('invariant 5: holds one interop device per user and gatekeeper, whoever races', async () => {
    const user = await newUser();
    const devices = Array.from({ length: 8 }, () => randomUUID());
    for (const id of devices) {
      await postgres.query(sql`insert into accounts.devices (id, user_id) values (${id}, ${user.userId})`);
    }
    const outcomes = await Promise.allSettled(
      devices.map((deviceId) => insert(postgres, { ...user, deviceId }, INITIAL_STATE)),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(7);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: 'unique_violation' });
    }
  });
});
