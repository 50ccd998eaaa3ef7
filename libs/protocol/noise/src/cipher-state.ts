import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { NoiseError } from './noise-error.js';

export const tagBytes = 16;
/** A frame's length field has 24 bits, so nothing longer can be sent. */
export const maxCiphertextBytes = 2 ** 24 - 1;
/** The wire counts in 32 bits; the last value is never used, as Noise reserves its last nonce. */
export const lastNonce = 2 ** 32 - 1;
/** One for all messages: OpenSSL copies it when a cipher is made. Eight bytes of it stay zero. */
const nonceBytes = Buffer.alloc(12);

/** AES-256-GCM under one key with a counter as nonce (Noise 5.1 and its AESGCM functions). */
export class CipherState {
  private nonce: number;
  private key: KeyObject | undefined;

  /**
   * Takes over the key's bytes and overwrites them at once: what stays is one copy outside the heap, which OpenSSL
   * overwrites when it is freed. Node imports a key given as bytes anew for each message, at four times the cost.
   */
  constructor(key: Uint8Array, firstNonce = 0) {
    this.key = createSecretKey(key);
    key.fill(0);
    this.nonce = firstNonce;
  }

  /** @throws NoiseError `too_large`, `nonce_exhausted` */
  encrypt(plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array {
    if (plaintext.length > maxCiphertextBytes - tagBytes) throw new NoiseError('too_large');
    const cipher = createCipheriv('aes-256-gcm', this.useKey(), this.nextNonce());
    if (associatedData.length > 0) cipher.setAAD(associatedData);
    // From Node's pool of small buffers: no memory of its own has to be freed.
    const ciphertext = Buffer.allocUnsafe(plaintext.length + tagBytes);
    ciphertext.set(cipher.update(plaintext));
    cipher.final();
    ciphertext.set(cipher.getAuthTag(), plaintext.length);
    return ciphertext;
  }

  /** @throws NoiseError `bad_message`, `too_large`, `decrypt_failed`, `nonce_exhausted` */
  decrypt(ciphertext: Uint8Array, associatedData: Uint8Array): Uint8Array {
    if (ciphertext.length < tagBytes) throw new NoiseError('bad_message');
    if (ciphertext.length > maxCiphertextBytes) throw new NoiseError('too_large');
    const decipher = createDecipheriv('aes-256-gcm', this.useKey(), this.nextNonce(), {
      authTagLength: tagBytes,
    });
    if (associatedData.length > 0) decipher.setAAD(associatedData);
    const end = ciphertext.length - tagBytes;
    decipher.setAuthTag(ciphertext.subarray(end));
    try {
      const body = decipher.update(ciphertext.subarray(0, end));
      decipher.final();
      return new Uint8Array(body.buffer, body.byteOffset, body.length);
    } catch {
      throw new NoiseError('decrypt_failed');
    }
  }

  destroy(): void {
    this.key = undefined;
    this.nonce = lastNonce;
  }

  private useKey(): KeyObject {
    if (this.key === undefined) throw new NoiseError('nonce_exhausted');
    return this.key;
  }

  private nextNonce(): Uint8Array {
    if (this.nonce >= lastNonce) throw new NoiseError('nonce_exhausted');
    nonceBytes.writeUInt32BE(this.nonce++, 8);
    return nonceBytes;
  }
}
