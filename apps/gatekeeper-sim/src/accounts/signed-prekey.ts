import { PublicKey } from '@signalapp/libsignal-client-v3';

const curveType = Uint8Array.of(5);

/** Whether `signature` (64 bytes, XEdDSA by the identity) covers the signed prekey in its 33-byte form. */
export function isSignedBy(identityKey: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean {
  if (identityKey.length !== 32 || key.length !== 32 || signature.length !== 64) return false;
  try {
    const identity = PublicKey.deserialize(Buffer.concat([curveType, identityKey]));
    return identity.verify(Buffer.concat([curveType, key]), Buffer.from(signature));
  } catch {
    return false;
  }
}
