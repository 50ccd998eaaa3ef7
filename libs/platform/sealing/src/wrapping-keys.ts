import { decrypt, encrypt } from './aead.js';
import type { KeyService } from './key-service.js';
import type { KeyWrap } from './key-wrap.js';
import { SealingError, sealingErrorOf } from './sealing.errors.js';
import { readWrappedKey, writeWrappedKey } from './wrapped-key.js';
import { wrapperAt, type WrappingKey, type WrappingRing } from './wrapping-ring.js';

type Calls = Pick<KeyService, 'wrap' | 'unwrap'>;

/** The keys of a ring, ready to use: those in its file, and those that the key service has. */
export class WrappingKeys {
  readonly #calls: ReadonlyMap<string, Calls>;

  /** @throws {TypeError} when a key is with the key service and there is none */
  constructor(
    readonly ring: WrappingRing,
    remote?: Calls,
  ) {
    this.#calls = new Map(ring.keys.map((key) => [key.id, callsOf(key, remote)]));
  }

  /** @throws {SealingError} `wrapping_key_unknown` */
  of(id: string): Calls {
    const calls = this.#calls.get(id);
    if (calls === undefined) throw new SealingError('wrapping_key_unknown');
    return calls;
  }
}

/** Wraps with the ring's key whose turn it is, and unwraps with the key that a wrapped one names. */
export class RingKeyWrap implements KeyWrap {
  constructor(
    /** Asked at each use, so that the ring can be replaced. */
    private readonly keys: () => WrappingKeys,
    /** Milliseconds since 1970. */
    private readonly now: () => number,
  ) {}

  /** @returns the id of the key that wraps now */
  wrapper(): string {
    return wrapperAt(this.keys().ring, this.now()).id;
  }

  async wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    const id = this.wrapper();
    return writeWrappedKey({ id, bytes: await this.keys().of(id).wrap(id, dataKey, context) });
  }

  async unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    const { id, bytes } = readWrappedKey(wrapped);
    return this.keys().of(id).unwrap(id, bytes, context);
  }
}

function callsOf({ key }: WrappingKey, remote: Calls | undefined): Calls {
  if (key === undefined) {
    if (remote === undefined) {
      throw new TypeError('a wrapping key is with a key service: CAUSEWAY_KEY_SERVICE_URL says where');
    }
    return remote;
  }
  const bytes = Buffer.from(key, 'base64');
  return {
    wrap: async (_id, dataKey, context) => encrypt(bytes, context, dataKey),
    unwrap: async (_id, wrapped, context) => {
      try {
        return decrypt(bytes, context, wrapped);
      } catch (cause) {
        throw sealingErrorOf(cause);
      }
    },
  };
}
