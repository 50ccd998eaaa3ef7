import { createHash, hkdfSync } from 'node:crypto';
import { CipherState } from './cipher-state.js';

const hashBytes = 32;

/** Chaining key, transcript hash and the handshake's cipher (Noise 5.2). */
export class SymmetricState {
  private chainingKey: Uint8Array = new Uint8Array(hashBytes);
  private hash: Uint8Array;
  private cipher: CipherState | undefined;

  /** @param protocolName a name that is no longer than a hash is zero-padded to one, a longer one is hashed (Noise 5.2) */
  constructor(protocolName: string) {
    const name = Buffer.from(protocolName, 'ascii');
    this.hash = new Uint8Array(hashBytes);
    this.hash.set(name.length <= hashBytes ? name : createHash('sha256').update(name).digest());
    this.chainingKey.set(this.hash);
  }

  mixHash(data: Uint8Array): void {
    const next = createHash('sha256').update(this.hash).update(data).digest();
    this.hash.fill(0);
    this.hash = next;
  }

  /** Takes over the agreed secret and overwrites it. */
  mixKey(secret: Uint8Array): void {
    const [chainingKey, key] = this.derive(secret);
    secret.fill(0);
    this.chainingKey.fill(0);
    this.chainingKey = chainingKey;
    this.cipher?.destroy();
    this.cipher = new CipherState(key);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.cipher?.encrypt(plaintext, this.hash) ?? plaintext;
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.cipher?.decrypt(ciphertext, this.hash) ?? ciphertext;
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** The two transport ciphers: the initiator's writing one first. Overwrites this state. */
  split(): [CipherState, CipherState] {
    const [first, second] = this.derive(new Uint8Array());
    this.destroy();
    return [new CipherState(first), new CipherState(second)];
  }

  destroy(): void {
    this.chainingKey.fill(0);
    this.hash.fill(0);
    this.cipher?.destroy();
    this.cipher = undefined;
  }

  /** Two views of one allocation: no copy that would have to be overwritten, and none in memory that others share. */
  private derive(secret: Uint8Array): [Uint8Array, Uint8Array] {
    const output = hkdfSync('sha256', secret, this.chainingKey, new Uint8Array(), 2 * hashBytes);
    return [new Uint8Array(output, 0, hashBytes), new Uint8Array(output, hashBytes)];
  }
}
