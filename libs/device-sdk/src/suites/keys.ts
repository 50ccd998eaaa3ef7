import { randomInt } from 'node:crypto';
import { PrivateKey, PublicKey } from '@signalapp/libsignal-client';
import type { KeyPair, PeerBundle, PreKeyPair, SignedPreKeyPair } from './port.js';
import { SuiteError } from './port.js';

/** Type byte that stands before a Curve25519 key wherever the Signal protocol signs or serialises it. */
const curveType = 0x05;

/** Copies bytes into a buffer of their own, as the native library wants them. */
export function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** @returns the 33-byte form 0x05 ‖ key of a raw 32-byte key. */
export function typedKey(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const typed = new Uint8Array(33);
  typed[0] = curveType;
  typed.set(raw.subarray(0, 32), 1);
  return typed;
}

/** @returns the raw 32 bytes of a key in its 33-byte form. @throws SuiteError `message_invalid` */
export function rawKey(typed: Uint8Array): Uint8Array {
  if (typed.byteLength !== 33 || typed[0] !== curveType) throw new SuiteError('message_invalid');
  return typed.slice(1);
}

/** Makes a Curve25519 key pair, e.g. a device's identity. */
export function generateKeyPair(): KeyPair {
  const secret = PrivateKey.generate();
  return { privateKey: secret.serialize(), publicKey: secret.getPublicKey().getPublicKeyBytes() };
}

/** @returns a registration id: 1 to 0x3fff. */
export function generateRegistrationId(): number {
  return randomInt(1, 0x4000);
}

/** Makes one-time prekeys with consecutive ids. */
export function generatePreKeys(firstId: number, count: number): PreKeyPair[] {
  return Array.from({ length: count }, (_, index) => ({ id: firstId + index, ...generateKeyPair() }));
}

/** Makes a prekey signed by the identity. */
export function generateSignedPreKey(identity: KeyPair, id: number): SignedPreKeyPair {
  const pair = generateKeyPair();
  const signature = PrivateKey.deserialize(owned(identity.privateKey)).sign(typedKey(pair.publicKey));
  return { id, ...pair, signature };
}

/** Checks key sizes and the signed prekey's signature. @throws SuiteError `bundle_invalid` */
export function verifyBundle({ identityKey, signedPreKey, preKey }: PeerBundle): void {
  const keys = [identityKey, signedPreKey.key, ...(preKey ? [preKey.key] : [])];
  if (keys.some((key) => key.byteLength !== 32) || signedPreKey.signature.byteLength !== 64) {
    throw new SuiteError('bundle_invalid');
  }
  let verified: boolean;
  try {
    const identity = PublicKey.deserialize(typedKey(identityKey));
    verified = identity.verify(typedKey(signedPreKey.key), owned(signedPreKey.signature));
  } catch {
    verified = false;
  }
  if (!verified) throw new SuiteError('bundle_invalid');
}
