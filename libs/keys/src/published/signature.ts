import { PublicKey } from '@signalapp/libsignal-client';
import type { PublishKeysRequest } from '@causeway/contracts/keys';

/** Curve25519 keys carry this type byte where Signal signs or serialises them. */
const DJB_TYPE = Buffer.of(5);

/** @returns whether the signed prekey is signed (XEdDSA) by the identity key, over 0x05 ‖ key. */
export function isSignedByIdentity({ identityKey, signedPreKey }: PublishKeysRequest): boolean {
  try {
    const identity = PublicKey.deserialize(Buffer.concat([DJB_TYPE, Buffer.from(identityKey, 'base64')]));
    const signed = Buffer.concat([DJB_TYPE, Buffer.from(signedPreKey.key, 'base64')]);
    return identity.verify(signed, Buffer.from(signedPreKey.signature, 'base64'));
  } catch {
    // The library refuses keys that are no point of the curve: then nothing is signed by them either.
    return false;
  }
}
