import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { NoiseStaticKey } from '@causeway/noise';
import { openRecord, sealRecord, type KeyWrap } from '@causeway/sealing';
import { NoiseKeyUnknown, type NoiseKeySource, type NoiseLogin } from './noise-key-source.js';
import { noiseKeyContext } from './sealed-tables.js';
import type { NoiseKeyStore, StoredNoiseKey } from './noise-keys.store.js';

const X25519_PUBLIC_BYTES = 32;

/**
 * Noise static keys, adapter `sealed`: AES-256-GCM with a data key per record, the session as AAD, wrapped by the
 * key-management port. A key is opened for the login that needs it and not kept.
 */
export class NoiseKeys implements NoiseKeySource {
  constructor(
    private readonly store: NoiseKeyStore,
    private readonly keyWrap: KeyWrap,
  ) {}

  /** @returns the session's public key, 32 raw bytes; the key is made on the first call. */
  async publicKey(sessionKey: string): Promise<Uint8Array> {
    const known = await this.store.request(sessionKey);
    if (known !== undefined) return known;
    return this.store.insert(sessionKey, await this.#create(sessionKey));
  }

  /**
   * Opens a session's key for one login. The `KeyObject` of a login cannot be overwritten; nothing refers to it after.
   * @throws {NoiseKeyUnknown} when the session has none
   * @throws {SealingError} when the record does not open
   */
  async open({ sessionKey }: Pick<NoiseLogin, 'sessionKey'>): Promise<NoiseStaticKey> {
    const stored = await this.#mustFind(sessionKey);
    const pkcs8 = await openRecord(this.keyWrap, noiseKeyContext(sessionKey), stored);
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    pkcs8.fill(0);
    return {
      publicKey: () => stored.publicKey,
      dh: (remotePublic) => diffieHellman({ privateKey, publicKey: importPublic(remotePublic) }),
    };
  }

  /**
   * @returns when the session's key was last asked for to enlist with, for `destroyOld`; undefined when it has none
   * @throws {PostgresError}
   */
  async requestedAt(sessionKey: string): Promise<string | undefined> {
    return this.store.requestedAt(sessionKey);
  }

  /**
   * Destroys a session's key, in one statement, unless it was asked for after `at`: then it belongs to a new enlistment.
   * @param at when its account was gone (RFC 3339), or what `requestedAt` said while the account was there
   * @throws {PostgresError}
   */
  async destroyOld(sessionKey: string, at: string): Promise<void> {
    await this.store.removeOld(sessionKey, at);
  }

  async #create(sessionKey: string): Promise<StoredNoiseKey> {
    const pair = generateKeyPairSync('x25519');
    const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    try {
      const record = await sealRecord(this.keyWrap, noiseKeyContext(sessionKey), pkcs8);
      return { ...record, publicKey: exportPublic(pair.publicKey) };
    } finally {
      pkcs8.fill(0);
    }
  }

  async #mustFind(sessionKey: string): Promise<StoredNoiseKey> {
    const stored = await this.store.find(sessionKey);
    if (stored === undefined) throw new NoiseKeyUnknown();
    return stored;
  }
}

function exportPublic(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-X25519_PUBLIC_BYTES);
}

function importPublic(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}
