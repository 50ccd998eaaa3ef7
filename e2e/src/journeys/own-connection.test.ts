import { join } from 'node:path';
import { eventually } from '@causeway/testing';
import { loadProfile, resolveProfile } from '@causeway/profiles';
import { Phone, ProviderUser } from 'causeway/journey';
import { stackFolders } from 'causeway/stack';
import { type Clock, type OwnConnection, systemClock } from '@causeway/device-sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Backend } from '../checks/backend.js';
import { accountOf } from '../checks/gatekeeper.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

const runs: readonly { column: ColumnName; portBase: number }[] = [
  { column: 'embedded', portBase: 8990 },
  { column: 'production', portBase: 9020 },
];
const withinMs = 20_000;

for (const { column: name, portBase } of runs) {
  describeColumn(name, 'a device that speaks the gatekeeper’s protocol itself', (engines) => {
    let column: Column;

    beforeAll(async () => {
      column = await startColumn(name, engines, { portBase, custody: 'gatekeeper' });
    });
    afterAll(() => column?.stop());

    async function own(mode: 'tunnel' | 'direct'): Promise<OwnConnection> {
      const { gatekeeper, services } = column.endpoints;
      const file = join(stackFolders(column.dataDir).profiles, `${gatekeeper}.yaml`);
      const { wire } = resolveProfile(await loadProfile(file));
      if (wire.codec !== 'binary') throw new Error('the simulator speaks another wire');
      const { transcript, header } = wire;
      const rootPublicKey = Buffer.from(wire.rootPublicKey, 'hex');
      const url = mode === 'tunnel' ? services.session : wire.url;
      return { mode, url, wire: { transcript, header, rootPublicKey } };
    }
    const connected = async (user: ProviderUser) =>
      (await accountOf(column.endpoints.control, user.identifier)).connected;
    async function gone(user: ProviderUser): Promise<void> {
      await eventually(async () => expect(await connected(user).catch(() => false)).toBe(false), {
        deadlineMs: withinMs,
      });
    }

    it.each(['tunnel', 'direct'] as const)(
      'enlists itself, exchanges texts both ways, and leaves for good (%s)',
      async (mode) => {
        const bob = new Phone(column.endpoints.control, mode === 'tunnel' ? '4915550801' : '4915550802');
        await bob.create('Bob');
        const alice = new ProviderUser(
          `own-${mode}`,
          column.endpoints,
          column.devicesFolder,
          await own(mode),
        );
        await alice.device.register();
        expect(await alice.optIn()).toBe('enlisted');
        await alice.device.connect(withinMs);
        expect(await connected(alice)).toBe(true);

        const { id: out } = await alice.device.send({ to: bob.jid, kind: 'text', text: 'hello Bob' });
        expect(await alice.outcome(out, withinMs)).toBe('accepted');
        expect(await bob.shows(out, withinMs)).toMatchObject({ text: 'hello Bob' });
        await alice.receipt(out, 'delivered', withinMs);
        const back = await bob.send({ to: alice.identifier, kind: 'text', text: 'hello Alice' });
        expect(await alice.shows(back, withinMs)).toMatchObject({ text: 'hello Alice' });
        await bob.receipt(back, 'deliveredAt', withinMs);

        // What comes while it is away waits at the gatekeeper, and is delivered by the next connection.
        alice.device.disconnect();
        await gone(alice);
        const waiting = await bob.send({ to: alice.identifier, kind: 'text', text: 'later' });
        await alice.device.connect(withinMs);
        expect(await alice.shows(waiting, withinMs)).toMatchObject({ text: 'later' });

        expect(await alice.device.optOut(withinMs)).toMatchObject({ state: 'deleted' });
        await expect(accountOf(column.endpoints.control, alice.identifier)).rejects.toThrow('does not know');
        const backend = new Backend(column.endpoints);
        const userId = await backend.userId(`own-${mode}`);
        const optIns = (await (await backend.call('GET', `/${userId}/opt-ins`)).json()) as object;
        expect(optIns).toMatchObject({ optIns: [{ state: 'deleted' }] });
        await alice.device.close();
      },
    );

    it.each(['tunnel', 'direct', 'proxy'] as const)(
      'renews its signed prekey at the gatekeeper when it is 27 days old (%s)',
      async (mode) => {
        const later: Clock = { ...systemClock, now: () => Date.now() + 27 * 86_400_000 };
        const how = mode === 'proxy' ? undefined : await own(mode);
        const name = `own-renews-${mode}`;
        const user = (clock: Clock) =>
          new ProviderUser(name, column.endpoints, column.devicesFolder, how, clock);

        const today = user(systemClock);
        const signedPreKeyId = async () =>
          (await accountOf(column.endpoints.control, today.identifier)).signedPreKeyId;
        await today.enter(withinMs);
        expect(await signedPreKeyId()).toBe(1);
        await today.device.close();

        const alice = user(later);
        await alice.device.connect(withinMs);
        await eventually(async () => expect(await signedPreKeyId()).toBe(2), { deadlineMs: withinMs });
        // Whoever begins now is given the new key, and is read.
        const number = { tunnel: '4915550804', direct: '4915550805', proxy: '4915550806' }[mode];
        const bob = new Phone(column.endpoints.control, number);
        await bob.create('Bob');
        const id = await bob.send({ to: alice.identifier, kind: 'text', text: 'a new beginning' });
        expect(await alice.shows(id, withinMs)).toMatchObject({ text: 'a new beginning' });
        await alice.device.close();
      },
    );

    it('loses its tunnel within two seconds when its user is suspended, and gets it back', async () => {
      const alice = new ProviderUser(
        'own-barred',
        column.endpoints,
        column.devicesFolder,
        await own('tunnel'),
      );
      await alice.device.register();
      await alice.optIn();
      await alice.device.connect(withinMs);
      const backend = new Backend(column.endpoints);
      const userId = await backend.userId('own-barred');
      await backend.call('PUT', `/${userId}/suspension`, { reason: 'test' });
      await eventually(async () => expect(await connected(alice)).toBe(false), { deadlineMs: 2_500 });
      await expect(alice.device.connect(3_000)).rejects.toMatchObject({ name: 'DeviceError' });
      await backend.call('DELETE', `/${userId}/suspension`);
      await alice.device.connect(withinMs);
      expect(await connected(alice)).toBe(true);
      await alice.device.close();
    });

    it('takes the place of the proxy when the provider chooses so for its user', async () => {
      const bob = new Phone(column.endpoints.control, '4915550803');
      await bob.create('Bob');
      const proxied = new ProviderUser('own-chosen', column.endpoints, column.devicesFolder);
      await proxied.enter(withinMs);
      const backend = new Backend(column.endpoints);
      const userId = await backend.userId('own-chosen');
      const path = `/${userId}/gatekeepers/${column.endpoints.gatekeeper}/mode`;
      expect((await backend.call('PUT', path, { mode: 'tunnel' })).status).toBe(200);
      await gone(proxied);
      await proxied.device.close();
      // The same installation, with the same keys and messages, told by its app to connect by itself.
      const alice = new ProviderUser(
        'own-chosen',
        column.endpoints,
        column.devicesFolder,
        await own('tunnel'),
      );
      expect(await alice.optIn()).toBe('enlisted');
      await alice.device.connect(withinMs);
      const id = await bob.send({ to: alice.identifier, kind: 'text', text: 'still there?' });
      expect(await alice.shows(id, withinMs)).toMatchObject({ text: 'still there?' });
      await alice.device.close();
    });
  });
}
