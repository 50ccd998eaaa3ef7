import type { WireBundle } from '@causeway/contracts/upstream';
import type { PeerBundle } from '../suites/port.js';

/** @returns a bundle of the contracts as suites take it. */
export function peerBundle({ registrationId, identityKey, signedPreKey, preKey }: WireBundle): PeerBundle {
  return {
    registrationId,
    identityKey: bytes(identityKey),
    signedPreKey: {
      id: signedPreKey.id,
      key: bytes(signedPreKey.key),
      signature: bytes(signedPreKey.signature),
    },
    ...(preKey && { preKey: { id: preKey.id, key: bytes(preKey.key) } }),
  };
}

/** @returns a bundle as the contracts carry it: raw keys in base64. */
export function wireBundle({ registrationId, identityKey, signedPreKey, preKey }: PeerBundle): WireBundle {
  return {
    registrationId,
    identityKey: base64(identityKey),
    signedPreKey: {
      id: signedPreKey.id,
      key: base64(signedPreKey.key),
      signature: base64(signedPreKey.signature),
    },
    ...(preKey && { preKey: { id: preKey.id, key: base64(preKey.key) } }),
  };
}

/** Standard base64 of bytes. */
export function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

function bytes(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value, 'base64'));
}
