import { KeyObject, type webcrypto } from 'node:crypto';
import { RemoteKeySet, type KeySetOptions } from '@causeway/http';
import { limits } from '@causeway/limits';

/** RFC 7518, 3.3. */
const LEAST_MODULUS_BITS = 2_048;

/**
 * The keys of an issuer that signs with RS256, as objects for Node's own verification, which takes half as long as the one of
 * the Web Cryptography API. Each is found in the issuer's set once for every reading of the set.
 */
export class VerificationKeys {
  readonly #set: RemoteKeySet;
  /** By key id: no more than the set has. */
  #found = new Map<string | undefined, KeyObject>();
  #readAtMs = -Infinity;

  constructor(private readonly options: KeySetOptions) {
    const onFetched = (good: boolean): void => {
      if (good) {
        this.#found = new Map();
        this.#readAtMs = options.clock.monotonicMs();
      }
      options.onFetched?.(good);
    };
    this.#set = new RemoteKeySet({ ...options, onFetched });
  }

  /** The key that was found before in a set that is still young. */
  known(kid: string | undefined): KeyObject | undefined {
    const ageMs = this.options.clock.monotonicMs() - this.#readAtMs;
    return ageMs < limits.jwksMaxAgeMs.value ? this.#found.get(kid) : undefined;
  }

  /**
   * Looks for a key in the set, which is read first when that is due.
   * @throws {AppError} `unavailable` when there never was a set
   * @throws whatever jose throws when there is no such key, or it is none for RS256
   */
  async find(kid: string | undefined): Promise<KeyObject> {
    // Of before: a key of an older set must not be known in the one that is read meanwhile.
    const known = this.#found;
    const header = { alg: 'RS256', ...(kid !== undefined && { kid }) };
    const found = (await this.#set.find(header, { payload: '', signature: '' })) as webcrypto.CryptoKey;
    const key = KeyObject.from(found);
    const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    if (modulusLength < LEAST_MODULUS_BITS) throw new RangeError('the key is too short for RS256');
    known.set(kid, key);
    return key;
  }
}
