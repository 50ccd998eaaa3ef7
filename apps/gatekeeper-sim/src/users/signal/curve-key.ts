import { PublicKey } from '@signalapp/libsignal-client-v3';

const CURVE25519 = 0x05;

/** From the 32 raw bytes of the wire to libsignal's key, whose serialised form has the type byte 05 in front. Throws on another length. */
export function publicKeyFromRaw(raw: Uint8Array): PublicKey {
  if (raw.length !== 32) throw new RangeError('A Curve25519 public key has 32 bytes.');
  return PublicKey.deserialize(Buffer.concat([Buffer.from([CURVE25519]), raw]));
}

/** The 32 raw bytes of a key, as they stand on the wire. */
export function rawPublicKey(key: PublicKey): Uint8Array {
  return new Uint8Array(key.getPublicKeyBytes());
}
