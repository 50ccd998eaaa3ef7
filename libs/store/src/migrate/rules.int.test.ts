import { randomBytes } from 'node:crypto';
import { type Postgres } from '@causeway/postgres';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountsStore, type AccountsStore } from '../accounts/index.js';
import { keysStore, type KeysStore } from '../keys/index.js';
import { connectForTest } from '../testing/connect.js';
import { cloneTestDatabase, type TestDatabase } from '../testing/template.js';

const unique = { code: 'unique_violation' };
const check = { code: 'check_violation' };

describeWithEngine('postgres', 'rules that the database enforces', (postgresUrl) => {
  let database: TestDatabase;
  let pools: Postgres[];
  let accounts: AccountsStore;
  let keys: KeysStore;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const [first, second] = [
      // The administrator: the service's own role could not even try some of this.
      connectForTest(database.url),
      connectForTest(database.urlFor('keys')),
    ];
    pools = [first, second];
    accounts = accountsStore(first);
    keys = keysStore(second);
  });

  afterAll(async () => {
    await Promise.all([accounts.close(), keys.close()]);
    await Promise.all(pools.map((pool) => pool.close()));
    await database.drop();
  });

  const identifierOf = (userId: string, valueHmac = randomBytes(32)) => ({
    data: {
      userId,
      kind: 'email',
      valueSealed: randomBytes(8),
      valueHmac,
      provenAt: new Date(),
      method: 'test',
    },
  });

  async function newUser() {
    const user = await accounts.client.user.create({ data: { subjectHash: randomBytes(32) } });
    const devices = [
      await accounts.client.device.create({ data: { userId: user.id } }),
      await accounts.client.device.create({ data: { userId: user.id } }),
    ] as const;
    const identifier = await accounts.client.identifier.create(identifierOf(user.id));
    return { user, devices, identifier };
  }

  const optInOf = (someone: Awaited<ReturnType<typeof newUser>>, device: 0 | 1, state = 'consented') => ({
    data: {
      userId: someone.user.id,
      deviceId: someone.devices[device].id,
      identifierId: someone.identifier.id,
      gatekeeper: 'simulator',
      state,
      readReceipts: false,
    },
  });

  it('one interop device per user and gatekeeper', async () => {
    const someone = await newUser();
    const first = await accounts.client.optIn.create(optInOf(someone, 0));
    for (const device of [0, 1] as const) {
      await expect(accounts.client.optIn.create(optInOf(someone, device))).rejects.toMatchObject(unique);
    }
    const become = (state: string) =>
      accounts.client.optIn.update({ where: { id: first.id }, data: { state } });
    for (const state of ['enlisting', 'enlisted']) await become(state);
    for (const state of ['lapsed', 'deleted']) {
      await become(state);
      const second = await accounts.client.optIn.create(optInOf(someone, 1));
      await accounts.client.optIn.delete({ where: { id: second.id } });
    }
    const elsewhere = optInOf(someone, 1).data;
    await accounts.client.optIn.create({ data: { ...elsewhere, gatekeeper: 'whatsapp' } });
  });

  it("no opt-in with somebody else's device or identifier", async () => {
    const [one, other] = [await newUser(), await newUser()];
    for (const stolen of [{ deviceId: other.devices[0].id }, { identifierId: other.identifier.id }]) {
      const data = { ...optInOf(one, 0).data, ...stolen };
      await expect(accounts.client.optIn.create({ data })).rejects.toMatchObject({
        code: 'foreign_key_violation',
      });
    }
  });

  it('one owner per identifier, until it is removed', async () => {
    const [one, other] = [await newUser(), await newUser()];
    const { valueHmac, id } = one.identifier;
    await expect(
      accounts.client.identifier.create(identifierOf(other.user.id, Buffer.from(valueHmac))),
    ).rejects.toMatchObject(unique);
    await accounts.client.identifier.update({ where: { id }, data: { removedAt: new Date() } });
    await accounts.client.identifier.create(identifierOf(other.user.id, Buffer.from(valueHmac)));
  });

  it('states from the closed lists, and no data key for an erased user', async () => {
    const someone = await newUser();
    const where = { id: someone.user.id };
    await expect(accounts.client.user.update({ where, data: { state: 'gone' } })).rejects.toMatchObject(
      check,
    );
    await expect(accounts.client.optIn.create(optInOf(someone, 0, 'paused'))).rejects.toMatchObject(check);
    await accounts.client.user.update({ where, data: { dataKeySealed: randomBytes(8) } });
    await expect(accounts.client.user.update({ where, data: { state: 'erased' } })).rejects.toMatchObject(
      check,
    );
    await accounts.client.user.update({ where, data: { state: 'erased', dataKeySealed: null } });
  });

  it('a one-time prekey in one pool only, with an id that the wire can carry', async () => {
    const prekey = { deviceId: crypto.randomUUID(), pool: 'native', keyId: 1, publicKey: randomBytes(32) };
    await keys.client.prekey.create({ data: prekey });
    await expect(keys.client.prekey.create({ data: { ...prekey, pool: 'simulator' } })).rejects.toMatchObject(
      unique,
    );
    const fresh = () => ({ ...prekey, publicKey: randomBytes(32) });
    await expect(keys.client.prekey.create({ data: fresh() })).rejects.toMatchObject(unique);
    for (const keyId of [0, 16_777_216]) {
      await expect(keys.client.prekey.create({ data: { ...fresh(), keyId } })).rejects.toMatchObject(check);
    }
  });

  it('everything about a user goes with the row', async () => {
    const someone = await newUser();
    const optIn = await accounts.client.optIn.create(optInOf(someone, 0));
    await accounts.client.consentLog.create({
      data: {
        optInId: optIn.id,
        userId: someone.user.id,
        action: 'given',
        textVersion: '1',
        locale: 'en',
        actor: 'user',
      },
    });
    await accounts.client.user.delete({ where: { id: someone.user.id } });
    expect(await accounts.client.consentLog.count({ where: { optInId: optIn.id } })).toBe(0);
    expect(await accounts.client.device.count({ where: { userId: someone.user.id } })).toBe(0);
  });
});
