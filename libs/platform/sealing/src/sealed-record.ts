import { randomBytes } from 'node:crypto';
import { decrypt, encrypt } from './aead.js';
import { DATA_KEY_BYTES } from './data-key.js';
import type { KeyWrap } from './key-wrap.js';
import { sealingErrorOf } from './sealing.errors.js';

/** A record at rest: destroying `wrappedKey`, or the key that wraps it, makes `sealed` unreadable. */
export interface SealedRecord {
  readonly sealed: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/**
 * Seals bytes with a data key of their own, which `keyWrap` wraps.
 * @param context what the record is and whose, e.g. `noise-key {sessionKey}`; the same is needed to open it
 * @throws {SealingError} `key_service_…`
 */
export async function sealRecord(
  keyWrap: KeyWrap,
  context: string,
  clear: Uint8Array,
): Promise<SealedRecord> {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  try {
    return { sealed: encrypt(dataKey, context, clear), wrappedKey: await keyWrap.wrap(dataKey, context) };
  } finally {
    dataKey.fill(0);
  }
}

/** @throws {SealingError} */
export async function openRecord(keyWrap: KeyWrap, context: string, record: SealedRecord): Promise<Buffer> {
  try {
    const dataKey = await keyWrap.unwrap(record.wrappedKey, context);
    try {
      return decrypt(dataKey, context, record.sealed);
    } finally {
      dataKey.fill(0);
    }
  } catch (cause) {
    throw sealingErrorOf(cause);
  }
}
