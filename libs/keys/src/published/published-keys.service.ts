import { GatekeeperId, type DeviceId, UserId } from '@causeway/contracts/ids';
import {
  keysErrors,
  keysTopic,
  type EnlistmentKeys,
  type KeysEvent,
  type KeysStatus,
  type PublishKeysRequest,
} from '@causeway/contracts/keys';
import { AppError } from '@causeway/http';
import { limits } from '@causeway/limits';
import { appendToOutbox } from '@causeway/outbox';
import { PostgresError, type Postgres } from '@causeway/postgres';
import { offerPreKeys, offerSignedPreKey } from '../upload/offer.js';
import { isRefillOwed } from '../upload/upload.store.js';
import { addPreKeys, countPreKeys, findIdentity, saveIdentity, type Pool } from './published-keys.store.js';
import { isSignedByIdentity } from './signature.js';

/** Publishes a device's public keys for one gatekeeper. */
export class PublishedKeys {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Replaces the identity and signed prekey and adds one-time prekeys; publishing the same again changes nothing.
   * @throws {AppError} `signature_invalid`, `prekey_id_reused`, `prekey_pool_full`
   */
  async publish(
    owner: { userId: UserId; deviceId: DeviceId },
    gatekeeper: GatekeeperId,
    keys: PublishKeysRequest,
  ): Promise<KeysStatus> {
    if (!isSignedByIdentity(keys)) throw errorOf('signature_invalid');
    const pool = { deviceId: owner.deviceId, gatekeeper };
    return this.#refusingReuse(() =>
      this.postgres.transaction(async (tx) => {
        const before = await findIdentity(tx, pool);
        await saveIdentity(tx, pool, keys);
        if ((await addPreKeys(tx, pool, keys.preKeys)).length > 0) throw errorOf('prekey_id_reused');
        const { available } = await countPreKeys(tx, pool);
        if (available > limits.prekeyPoolItems.value) throw errorOf('prekey_pool_full');
        // An upload brings the signed prekey along. Before the enlistment no session is there to take either.
        const rotated = before !== undefined && before.signedPreKey.key !== keys.signedPreKey.key;
        const uploads = (await isRefillOwed(tx, pool)) && (await offerPreKeys(tx, pool, keys));
        if (!uploads && rotated && before.identityKey === keys.identityKey)
          await offerSignedPreKey(tx, pool, keys);
        const status = await countPreKeys(tx, pool);
        const events: KeysEvent[] = [
          { type: 'prekeys.published', ...owner, gatekeeper, available: status.available },
        ];
        if (before !== undefined && before.identityKey !== keys.identityKey) {
          events.push({ type: 'identity.changed', ...owner, gatekeeper });
        }
        await appendToOutbox(
          tx,
          'keys',
          keysTopic,
          events.map((data) => ({ data })),
        );
        return status;
      }),
    );
  }

  async status(pool: Pool): Promise<KeysStatus> {
    return countPreKeys(this.postgres, pool);
  }

  /** @throws {AppError} `keys_unknown` */
  async enlistmentKeys(pool: Pool): Promise<EnlistmentKeys> {
    const keys = await findIdentity(this.postgres, pool);
    if (keys === undefined) throw errorOf('keys_unknown');
    return keys;
  }

  /** The database keeps a public key in one pool for ever: the same key under another id or pool is a reuse too. */
  async #refusingReuse<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PostgresError && error.code === 'unique_violation')
        throw errorOf('prekey_id_reused');
      throw error;
    }
  }
}

function errorOf(code: keyof typeof keysErrors): AppError {
  const { status, meaning } = keysErrors[code];
  return new AppError(code, status, meaning);
}
