import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import type { SessionKey } from '@causeway/contracts/ids';
import { Postgres, sql } from '@causeway/postgres';
import { SealingError, type KeyWrap } from '@causeway/sealing';
import { keyWrapOf } from '@causeway/sealing/testing';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sessionKeyNumber } from '../fixtures/session-world.js';
import { NoiseKeys } from './noise-keys.service.js';
import { NoiseKeyStore } from './noise-keys.store.js';

describeWithEngine('postgres', 'noise keys', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let keyWrap: KeyWrap;
  let noiseKeys: NoiseKeys;
  let sessionKey: SessionKey;
  let number = 0;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 10, applicationName: 'test', statementTimeoutMs: 5_000 };
    postgres = Postgres.connect(database.urlFor('session'), options);
    keyWrap = keyWrapOf();
    noiseKeys = new NoiseKeys(new NoiseKeyStore(postgres), keyWrap);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(() => {
    number += 1;
    sessionKey = sessionKeyNumber(number);
  });

  /** The database's clock, as events carry it: in whole milliseconds. */
  async function now(laterMs = 0): Promise<string> {
    const [row] = await postgres.query<{ at: Date }>(sql`select clock_timestamp() as at`);
    return new Date(Number(row?.at) + laterMs).toISOString();
  }

  it('are made once, however many ask at the same time', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => noiseKeys.publicKey(sessionKey)));
    const keys = asked.map((key) => Buffer.from(key).toString('hex'));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toHaveLength(64);
    expect(Buffer.from((await noiseKeys.open({ sessionKey })).publicKey()).toString('hex')).toBe(keys[0]);
  });

  it('agree with the other end', async () => {
    const publicKey = Buffer.from(await noiseKeys.publicKey(sessionKey));
    const peer = generateKeyPairSync('x25519');
    const peerRaw = peer.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const own = createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: publicKey.toString('base64url') },
      format: 'jwk',
    });
    const expected = diffieHellman({ privateKey: peer.privateKey, publicKey: own });
    expect(await (await noiseKeys.open({ sessionKey })).dh(peerRaw)).toEqual(expected);
  });

  it('are gone once destroyed, and the next one is another', async () => {
    const before = await noiseKeys.publicKey(sessionKey);
    for (let time = 0; time < 2; time += 1) await noiseKeys.destroyOld(sessionKey, await now(1));
    await expect(noiseKeys.open({ sessionKey })).rejects.toMatchObject({ code: 'noise_key_unknown' });
    expect(await noiseKeys.publicKey(sessionKey)).not.toEqual(before);
  });

  it('are destroyed with the account, unless they were asked for since then', async () => {
    const before = await noiseKeys.publicKey(sessionKey);
    await noiseKeys.destroyOld(sessionKey, await now(1));
    await expect(noiseKeys.open({ sessionKey })).rejects.toMatchObject({ code: 'noise_key_unknown' });
    const next = await noiseKeys.publicKey(sessionKey);
    expect(next).not.toEqual(before);
    const endedAgain = await now();
    expect(await noiseKeys.publicKey(sessionKey)).toEqual(next);
    await noiseKeys.destroyOld(sessionKey, endedAgain);
    expect((await noiseKeys.open({ sessionKey })).publicKey()).toEqual(next);
  });

  it('do not open in another session, under another wrapping key, or when changed', async () => {
    await noiseKeys.publicKey(sessionKey);
    const other = sessionKeyNumber(900_000 + number);
    await postgres.query(sql`
      insert into session.noise_keys (session_key, public_key, sealed_private, wrapped_data_key)
      select ${other}, public_key, sealed_private, wrapped_data_key
      from session.noise_keys where session_key = ${sessionKey}`);
    await expect(noiseKeys.open({ sessionKey: other })).rejects.toThrow(SealingError);
    const elsewhere = new NoiseKeys(new NoiseKeyStore(postgres), keyWrapOf());
    await expect(elsewhere.open({ sessionKey })).rejects.toThrow(SealingError);
    await postgres.query(sql`
      update session.noise_keys set sealed_private = set_byte(sealed_private, 20, get_byte(sealed_private, 20) # 1)
      where session_key = ${sessionKey}`);
    await expect(noiseKeys.open({ sessionKey })).rejects.toThrow(SealingError);
  });

  it('lie sealed: the private half is nowhere in the table', async () => {
    await noiseKeys.publicKey(sessionKey);
    const [row] = await postgres.query<{ sealed_private: Buffer }>(sql`
      select sealed_private from session.noise_keys where session_key = ${sessionKey}`);
    const pkcs8Head = Buffer.from('302e020100300506032b656e', 'hex');
    expect(row?.sealed_private.includes(pkcs8Head)).toBe(false);
  });
});
