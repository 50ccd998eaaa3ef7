import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const KEY_BYTES = 32;

/** Finds identifiers without holding them: webhooks computes the same for the addressee of a push. */
export class IdentifierHash {
  /** As a key object: Node takes several times as long with its bytes. */
  readonly #key: KeyObject;

  /** @param key 32 bytes in base64 @throws {RangeError} when it is not 32 bytes */
  constructor(key: string) {
    this.#key = createSecretKey(key, 'base64');
    if (this.#key.symmetricKeySize !== KEY_BYTES) throw new RangeError('an identifier key has 32 bytes');
  }

  /** @returns HMAC-SHA256 of an identifier in canonical form, 32 bytes. */
  of(canonical: string): Buffer {
    return createHmac('sha256', this.#key).update(canonical).digest();
  }
}
