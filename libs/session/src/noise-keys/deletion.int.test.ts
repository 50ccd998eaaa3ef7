import { Postgres } from '@causeway/postgres';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { captureLogs, describeWithEngine, FakeClock } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionKeyNumber, SessionWorld } from '../fixtures/session-world.js';
import { CommandQueue } from '../sessions/command-queue.js';
import { Login } from '../sessions/login.js';
import { NoiseKeys } from './noise-keys.service.js';
import { NoiseKeyStore } from './noise-keys.store.js';

describeWithEngine('postgres', 'a deletion whose pod stands still behind its confirmation', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let noiseKeys: NoiseKeys;
  let number = 0;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 4, applicationName: 'test', statementTimeoutMs: 5_000 };
    postgres = Postgres.connect(database.urlFor('session'), options);
    noiseKeys = new NoiseKeys(new NoiseKeyStore(postgres), keyWrapOf());
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  /** Deletes an account with a Noise key. @param meanwhile what happens once the deletion is confirmed */
  async function deletion(meanwhile: (sessionKey: string) => Promise<unknown>) {
    const sessionKey = sessionKeyNumber((number += 1));
    const before = await noiseKeys.publicKey(sessionKey);
    const { deps, open } = worldWith(async () => void (await meanwhile(sessionKey)));
    const { events, metrics, clock } = deps;
    const command = open({ sessionKey, reason: 'deletion' });
    const nobody = new CommandQueue(events, metrics, clock, command);
    expect(await new Login(command, deps, nobody).run()).toMatchObject({ code: 'deleted' });
    return { sessionKey, before };
  }
  function worldWith(confirmed: () => Promise<void>) {
    const world = new SessionWorld(new FakeClock(), captureLogs().logger);
    const events = { ...world.deps.events, session: confirmed };
    const open = (change: Parameters<SessionWorld['open']>[0]) => world.open(change);
    return { deps: { ...world.deps, events, keptNoiseKeys: noiseKeys }, open };
  }

  it('destroys the key of the account', async () => {
    const { sessionKey } = await deletion(async () => undefined);
    await expect(noiseKeys.open({ sessionKey })).rejects.toMatchObject({ code: 'noise_key_unknown' });
  });

  it('leaves the key that an enlistment has made since', async () => {
    const { sessionKey, before } = await deletion(async (key) => {
      // The account's event, by whatever pod, and the next enlistment.
      await noiseKeys.destroyOld(key, new Date(Date.now() + 1_000).toISOString());
      await noiseKeys.publicKey(key);
    });
    expect((await noiseKeys.open({ sessionKey })).publicKey()).not.toEqual(before);
  });

  it('leaves the same key where an enlistment has asked for it since', async () => {
    const { sessionKey, before } = await deletion((key) => noiseKeys.publicKey(key));
    expect((await noiseKeys.open({ sessionKey })).publicKey()).toEqual(Buffer.from(before));
  });
});
