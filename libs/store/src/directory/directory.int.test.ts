import { randomBytes } from 'node:crypto';
import type { Postgres } from '@causeway/postgres';
import { describeWithEngine, plansOf } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountsStore, type AccountsStore } from '../accounts/index.js';
import { connectForTest } from '../testing/connect.js';
import { cloneTestDatabase, type TestDatabase } from '../testing/template.js';
import { enlistedGatekeepers, findByIdentifiers, findDevice, findOptIn } from './index.js';

describeWithEngine('postgres', 'the directory', (postgresUrl) => {
  let database: TestDatabase;
  let writer: Postgres;
  let reader: Postgres;
  let accounts: AccountsStore;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    // The administrator, who may begin an opt-in in any state.
    writer = connectForTest(database.url);
    reader = connectForTest(database.urlFor('webhooks'));
    accounts = accountsStore(writer);
  });

  afterAll(async () => {
    await accounts.close();
    await Promise.all([writer.close(), reader.close()]);
    await database.drop();
  });

  async function newDevice() {
    const user = await accounts.client.user.create({ data: { subjectHash: randomBytes(32) } });
    const device = await accounts.client.device.create({ data: { userId: user.id } });
    const value = { valueSealed: randomBytes(40), valueHmac: randomBytes(32) };
    const identifier = await accounts.client.identifier.create({
      data: { userId: user.id, kind: 'email', provenAt: new Date(), method: 'test', ...value },
    });
    return { user, device, identifier };
  }

  async function optIn(
    { user, device, identifier }: Awaited<ReturnType<typeof newDevice>>,
    gatekeeper: string,
    state: string,
    accountNumber?: bigint,
  ) {
    return accounts.client.optIn.create({
      data: {
        userId: user.id,
        deviceId: device.id,
        identifierId: identifier.id,
        gatekeeper,
        state,
        readReceipts: true,
        enlistment: {
          create: { integrator: 7, noisePublicKey: randomBytes(32), accountNumber: accountNumber ?? null },
        },
      },
    });
  }

  const byIdentifier = (gatekeeper: string, hmac: Uint8Array) =>
    findByIdentifiers(reader, [{ gatekeeper, hmac }]);

  it('shows a device without opt-in, and not one that is unknown, removed or no id at all', async () => {
    const { user, device } = await newDevice();
    expect(await findDevice(reader, device.id)).toEqual({
      deviceId: device.id,
      userId: user.id,
      subjectHash: Buffer.from(user.subjectHash),
      userState: 'active',
    });
    expect(await findOptIn(reader, device.id, 'simulator')).toBeUndefined();
    await accounts.client.device.update({ where: { id: device.id }, data: { removedAt: new Date() } });
    for (const id of [device.id, crypto.randomUUID(), 'no-uuid', "'; drop table x"]) {
      expect(await findDevice(reader, id)).toBeUndefined();
      expect(await findOptIn(reader, id, 'simulator')).toBeUndefined();
      expect(await enlistedGatekeepers(reader, id)).toEqual([]);
    }
  });

  it('finds an opt-in by device and by identifier, at its own gatekeeper only', async () => {
    const someone = await newDevice();
    const number = 9_007_199_254_740_993n;
    const { id } = await optIn(someone, 'simulator', 'enlisted', number);
    const found = await findOptIn(reader, someone.device.id, 'simulator');
    expect(found).toMatchObject({ optInId: id, optInState: 'enlisted', accountNumber: number });
    expect(await byIdentifier('simulator', someone.identifier.valueHmac)).toEqual([found]);
    expect(await byIdentifier('whatsapp', someone.identifier.valueHmac)).toEqual([]);
    expect(await byIdentifier('simulator', randomBytes(32))).toEqual([]);
    expect(await findOptIn(reader, someone.device.id, 'whatsapp')).toBeUndefined();
  });

  it('finds many opt-ins by their identifiers at once, and leaves out those who are nobody', async () => {
    const people = await Promise.all([newDevice(), newDevice()]);
    for (const someone of people) await optIn(someone, 'simulator', 'enlisted');
    const hmacs = [...people.map(({ identifier }) => identifier.valueHmac), randomBytes(32)];
    const found = await findByIdentifiers(
      reader,
      hmacs.map((hmac) => ({ gatekeeper: 'simulator', hmac })),
    );
    const devices = found.map(({ deviceId }) => deviceId);
    expect(devices.toSorted()).toEqual(people.map(({ device }) => device.id).toSorted());
    expect(await findByIdentifiers(reader, [])).toEqual([]);
  });

  it('lists where a device may send: enlisted or lapsing, the user active', async () => {
    const someone = await newDevice();
    await optIn(someone, 'b', 'enlisted');
    await optIn(someone, 'a', 'lapsing');
    await optIn(someone, 'c', 'enlisting');
    await optIn(someone, 'd', 'deleting');
    expect(await enlistedGatekeepers(reader, someone.device.id)).toEqual(['a', 'b']);
    await accounts.client.user.update({ where: { id: someone.user.id }, data: { state: 'suspended' } });
    expect(await enlistedGatekeepers(reader, someone.device.id)).toEqual([]);
    expect(await findOptIn(reader, someone.device.id, 'a')).toMatchObject({ userState: 'suspended' });
  });

  it('has only the live opt-in of several, and no identifier that was removed', async () => {
    const someone = await newDevice();
    await optIn(someone, 'simulator', 'deleted');
    await optIn(someone, 'simulator', 'lapsed');
    expect(await findOptIn(reader, someone.device.id, 'simulator')).toBeUndefined();
    const { id } = await optIn(someone, 'simulator', 'consented');
    expect(await findOptIn(reader, someone.device.id, 'simulator')).toMatchObject({ optInId: id });
    const removal = { where: { id: someone.identifier.id }, data: { removedAt: new Date() } };
    await accounts.client.identifier.update(removal);
    expect(await byIdentifier('simulator', someone.identifier.valueHmac)).toEqual([]);
    expect(await findOptIn(reader, someone.device.id, 'simulator')).toMatchObject({
      identifierHmac: undefined,
    });
  });

  it.each<[string, (db: Postgres) => Promise<unknown>, RegExp]>([
    ['a device', (db) => findDevice(db, crypto.randomUUID()), /devices_(pkey|id_user_id_key)/],
    [
      'an opt-in by device',
      (db) => findOptIn(db, crypto.randomUUID(), 'simulator'),
      /devices_(pkey|id_user_id_key)/,
    ],
    [
      'an opt-in by identifier',
      (db) => findByIdentifiers(db, [{ gatekeeper: 'simulator', hmac: randomBytes(32) }]),
      /identifiers_value_hmac_live_key/,
    ],
    [
      'where a device may send',
      (db) => enlistedGatekeepers(db, crypto.randomUUID()),
      /devices_(pkey|id_user_id_key)/,
    ],
  ])('finds %s by index', async (_what, work, index) => {
    const plans = await plansOf(writer, work);
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes).join(' ')).toMatch(index);
  });
});
