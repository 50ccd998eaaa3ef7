import { randomBytes } from 'node:crypto';
import { decrypt, encrypt } from './aead.js';
import type { KeyWrap } from './key-wrap.js';

/** A record at rest: destroying `wrappedKey` makes `sealed` unreadable, in backups too. */
export interface SealedRecord {
  readonly sealed: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/** A sealed record does not open: another context, another key, or changed bytes. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
  readonly code = 'record_unreadable';

  constructor(options?: ErrorOptions) {
    super('record_unreadable', options);
  }
}

/**
 * Seals bytes with a data key of their own, which `keyWrap` wraps.
 * @param context what the record is and whose, e.g. `noise-key {sessionKey}`; the same is needed to open it
 */
export async function sealRecord(
  keyWrap: KeyWrap,
  context: string,
  clear: Uint8Array,
): Promise<SealedRecord> {
  const dataKey = randomBytes(32);
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
    throw new SealingError({ cause });
  }
}
