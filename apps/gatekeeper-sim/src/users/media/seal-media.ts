import { cbc } from '@noble/ciphers/aes.js';
import { concatBytes, randomBytes } from '@noble/ciphers/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { deriveMediaKeys, mediaMac, streamingSidecar, type MediaKind } from './media-keys.js';

export interface SealedMedia {
  /** What is uploaded: ciphertext (AES-256-CBC, PKCS#7) and MAC; the IV is derived, not sent. */
  readonly blob: Uint8Array;
  readonly mediaKey: Uint8Array;
  readonly fileSha256: Uint8Array;
  readonly fileEncSha256: Uint8Array;
  readonly fileLength: number;
  /** Voice and video only. */
  readonly streamingSidecar?: Uint8Array;
}

/** Encrypts a file under a new key. */
export function sealMedia(file: Uint8Array, kind: MediaKind): SealedMedia {
  const mediaKey = randomBytes(32);
  const keys = deriveMediaKeys(mediaKey, kind);
  const ciphertext = cbc(keys.cipherKey, keys.iv).encrypt(file);
  const blob = concatBytes(ciphertext, mediaMac(keys, ciphertext));
  const streamed = kind === 'voice' || kind === 'video';
  return {
    blob,
    mediaKey,
    fileSha256: sha256(file),
    fileEncSha256: sha256(blob),
    fileLength: file.length,
    ...(streamed && { streamingSidecar: streamingSidecar(keys, blob) }),
  };
}
