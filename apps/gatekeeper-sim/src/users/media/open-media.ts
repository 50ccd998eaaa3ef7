import { cbc } from '@noble/ciphers/aes.js';
import { equalBytes } from '@noble/ciphers/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { MediaContent } from '../content/codec.js';
import { ContentError, type ContentErrorCode } from '../phone-errors.js';
import { phoneLimits } from '../phone-limits.js';
import { deriveMediaKeys, MAC_BYTES, mediaMac, streamingSidecar, type MediaKind } from './media-keys.js';

/** Where a file lies and by what it is checked; complete and within bounds. */
export interface MediaReference {
  readonly kind: MediaKind;
  readonly directPath: string;
  readonly mediaKey: Uint8Array;
  readonly fileSha256: Uint8Array;
  readonly fileEncSha256: Uint8Array;
  readonly fileLength: number;
  readonly sidecar?: Uint8Array;
}

/** Throws ContentError `media_reference_invalid` when a field is missing or of a wrong size, and `media_too_large`. */
export function readMediaReference(kind: MediaKind, media: MediaContent): MediaReference {
  const { directPath, mediaKey, fileSha256, fileEncSha256, fileLength, streamingSidecar: sidecar } = media;
  if (directPath === undefined || !directPath.startsWith('/') || fileLength === undefined) {
    throw new ContentError('media_reference_invalid');
  }
  if (mediaKey?.length !== 32 || fileSha256?.length !== 32 || fileEncSha256?.length !== 32) {
    throw new ContentError('media_reference_invalid');
  }
  if (fileLength > phoneLimits.mediaBytes) throw new ContentError('media_too_large');
  const reference = { kind, directPath, mediaKey, fileSha256, fileEncSha256, fileLength };
  return sidecar === undefined ? reference : { ...reference, sidecar };
}

/**
 * Checks a downloaded blob and decrypts it, in this order: hash of the blob, MAC, decryption, length,
 * hash of the file, sidecar. Throws ContentError with the code of the first check that fails.
 */
export function openMedia(blob: Uint8Array, reference: MediaReference): Uint8Array {
  demand(equalBytes(sha256(blob), reference.fileEncSha256), 'media_enc_hash_mismatch');
  const keys = deriveMediaKeys(reference.mediaKey, reference.kind);
  demand(blob.length > MAC_BYTES, 'media_mac_mismatch');
  const ciphertext = blob.subarray(0, -MAC_BYTES);
  demand(equalBytes(mediaMac(keys, ciphertext), blob.subarray(-MAC_BYTES)), 'media_mac_mismatch');
  const file = decrypt(keys.cipherKey, keys.iv, ciphertext);
  demand(file.length === reference.fileLength, 'media_length_mismatch');
  demand(equalBytes(sha256(file), reference.fileSha256), 'media_hash_mismatch');
  if (reference.sidecar !== undefined) {
    demand(equalBytes(streamingSidecar(keys, blob), reference.sidecar), 'media_sidecar_mismatch');
  }
  return file;
}

function decrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  try {
    return cbc(key, iv).decrypt(ciphertext);
  } catch {
    throw new ContentError('media_padding_invalid');
  }
}

function demand(holds: boolean, code: ContentErrorCode): void {
  if (!holds) throw new ContentError(code);
}
