import { gcm } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { SimulatorError } from '../../errors.js';

/** One direction of AES-256-GCM with a counter as nonce (8 zero bytes, then 32 bits big-endian). */
export class CipherState {
  #counter = 0;

  constructor(private readonly key: Uint8Array) {}

  encrypt(plaintext: Uint8Array, associated: Uint8Array = new Uint8Array()): Uint8Array {
    return gcm(this.key, this.#nonce(), associated).encrypt(plaintext);
  }

  /** Throws SimulatorError `noise_failed` when the bytes were not sealed under this key and counter. */
  decrypt(ciphertext: Uint8Array, associated: Uint8Array = new Uint8Array()): Uint8Array {
    const cipher = gcm(this.key, this.#nonce(), associated);
    try {
      return cipher.decrypt(ciphertext);
    } catch {
      throw new SimulatorError('noise_failed', 'sealed bytes do not open');
    }
  }

  #nonce(): Uint8Array {
    if (this.#counter > 0xffffffff) throw new SimulatorError('noise_failed', 'nonces are used up');
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(8, this.#counter++);
    return nonce;
  }
}

/** The running hash and chaining key of a handshake (Noise specification, section 5.2). */
export class SymmetricState {
  #hash: Uint8Array;
  #chain: Uint8Array;
  #cipher: CipherState | undefined;

  /** `protocol` must be at most 32 ASCII characters; it is padded with zeros. */
  constructor(protocol: string, prologue: Uint8Array) {
    this.#hash = new Uint8Array(32);
    this.#hash.set(Buffer.from(protocol, 'ascii'));
    this.#chain = this.#hash;
    this.mixHash(prologue);
  }

  mixHash(bytes: Uint8Array): void {
    this.#hash = sha256(Buffer.concat([this.#hash, bytes]));
  }

  mixKey(secret: Uint8Array): void {
    const [chain, key] = this.#derive(secret);
    this.#chain = chain;
    this.#cipher = new CipherState(key);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#cipher ? this.#cipher.encrypt(plaintext, this.#hash) : plaintext;
    this.mixHash(sealed);
    return sealed;
  }

  decryptAndHash(sealed: Uint8Array): Uint8Array {
    const plaintext = this.#cipher ? this.#cipher.decrypt(sealed, this.#hash) : sealed;
    this.mixHash(sealed);
    return plaintext;
  }

  /** The two transport ciphers: first the initiator's sending direction, then the responder's. */
  split(): [CipherState, CipherState] {
    const [first, second] = this.#derive(new Uint8Array());
    return [new CipherState(first), new CipherState(second)];
  }

  #derive(secret: Uint8Array): [Uint8Array, Uint8Array] {
    const output = hkdf(sha256, secret, this.#chain, undefined, 64);
    return [output.subarray(0, 32), output.subarray(32)];
  }
}
