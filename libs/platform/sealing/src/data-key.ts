import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, SEAL_BYTES } from './aead.js';
import type { KeyWrap } from './key-wrap.js';
import { SealingError, sealingErrorOf } from './sealing.errors.js';

export const DATA_KEY_BYTES = 32;
/** A value's own key under the data key. */
const VALUE_KEY_BYTES = DATA_KEY_BYTES + SEAL_BYTES;

/** @returns a new data key, wrapped; destroying every copy of it erases all that was sealed with it. @throws {SealingError} */
export async function createDataKey(keyWrap: KeyWrap, context: string): Promise<Uint8Array> {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  try {
    return await keyWrap.wrap(dataKey, context);
  } finally {
    dataKey.fill(0);
  }
}

/**
 * An opened data key, which seals many values, each with a key of its own: AES-256-GCM with random nonces would not
 * last for any number of values under one key (NIST SP 800-38D, 8.3). Dispose of it when done: its bytes are
 * overwritten.
 */
export class DataKey implements Disposable {
  readonly #key: Uint8Array;
  #isDisposed = false;

  private constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @throws {SealingError} */
  static async open(keyWrap: KeyWrap, context: string, wrapped: Uint8Array): Promise<DataKey> {
    try {
      return new DataKey(await keyWrap.unwrap(wrapped, context));
    } catch (cause) {
      throw sealingErrorOf(cause);
    }
  }

  /**
   * @param context what the value is and whose; the same is needed to open it
   * @throws {SealingError} when it is disposed of: what has no bytes any more must not seal
   */
  seal(context: string, clear: Uint8Array): Uint8Array {
    if (this.#isDisposed) throw new SealingError();
    const valueKey = randomBytes(DATA_KEY_BYTES);
    try {
      return Buffer.concat([encrypt(this.#key, context, valueKey), encrypt(valueKey, context, clear)]);
    } finally {
      valueKey.fill(0);
    }
  }

  /** @throws {SealingError} when it was sealed with another key or for another context, or a byte has changed */
  open(context: string, sealed: Uint8Array): Buffer {
    let valueKey: Buffer | undefined;
    try {
      valueKey = decrypt(this.#key, context, sealed.subarray(0, VALUE_KEY_BYTES));
      return decrypt(valueKey, context, sealed.subarray(VALUE_KEY_BYTES));
    } catch (cause) {
      throw sealingErrorOf(cause);
    } finally {
      valueKey?.fill(0);
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#key.fill(0);
  }
}
