import { decrypt, encrypt } from './aead.js';

/** A key-management service: wraps data keys under a key that it never gives away. */
export interface KeyWrap {
  /** @param context what the data key is for; the same is needed to unwrap */
  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
}

/** Wraps under a key from a mounted file: for development, and where no key-management service is at hand. */
export class LocalKeyWrap implements KeyWrap {
  readonly #key: Buffer;

  /** @param key 32 bytes in base64 @throws {RangeError} when it is not 32 bytes */
  constructor(key: string) {
    this.#key = Buffer.from(key, 'base64');
    if (this.#key.length !== 32) throw new RangeError('a key-encryption key has 32 bytes');
  }

  async wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    return encrypt(this.#key, context, dataKey);
  }

  async unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return decrypt(this.#key, context, wrapped);
  }
}
