import type { KeyObject } from 'node:crypto';
import { diffieHellmanRaw, importPrivateKey, randomPrivateKey, rawPublicKey } from './x25519.js';

/**
 * A party's long-term X25519 key. The private part may be elsewhere (a device, a key service): the handshake only ever
 * asks for the public key and for one agreement.
 */
export interface NoiseStaticKey {
  publicKey(): Uint8Array;
  /** The 32-byte X25519 secret with this public key. The handshake overwrites it after use. */
  dh(remotePublic: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

class LocalStaticKey implements NoiseStaticKey {
  private readonly key: KeyObject;

  constructor(privateKey: Uint8Array) {
    this.key = importPrivateKey(privateKey);
  }

  publicKey(): Uint8Array {
    return rawPublicKey(this.key);
  }

  dh(remotePublic: Uint8Array): Uint8Array {
    return diffieHellmanRaw(this.key, remotePublic);
  }
}

/**
 * A static key held by this process. The given bytes stay the caller's to overwrite.
 *
 * @throws NoiseError `bad_key`
 */
export function staticKeyFrom(privateKey: Uint8Array): NoiseStaticKey {
  return new LocalStaticKey(privateKey);
}

/** A new static key with its private bytes, which the caller seals and then overwrites. */
export function generateStaticKey(): { key: NoiseStaticKey; privateKey: Uint8Array } {
  const privateKey = randomPrivateKey();
  return { key: staticKeyFrom(privateKey), privateKey };
}
