import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

export type MediaKind = 'image' | 'voice' | 'video' | 'document';

const INFO: Readonly<Record<MediaKind, string>> = {
  image: 'WhatsApp Image Keys',
  voice: 'WhatsApp Audio Keys',
  video: 'WhatsApp Video Keys',
  document: 'WhatsApp Document Keys',
};

/** A blob ends with so many bytes of HMAC-SHA256. */
export const MAC_BYTES = 10;
const WINDOW = 64 * 1024;
const AES_BLOCK = 16;

export interface MediaKeys {
  readonly iv: Uint8Array;
  readonly cipherKey: Uint8Array;
  readonly macKey: Uint8Array;
}

/** HKDF-SHA256 without salt gives 112 bytes: IV 16, cipher key 32, MAC key 32, and 32 that media do not use. */
export function deriveMediaKeys(mediaKey: Uint8Array, kind: MediaKind): MediaKeys {
  const okm = hkdf(sha256, mediaKey, undefined, new TextEncoder().encode(INFO[kind]), 112);
  return { iv: okm.subarray(0, 16), cipherKey: okm.subarray(16, 48), macKey: okm.subarray(48, 80) };
}

/** The first 10 bytes of HMAC-SHA256 over IV and ciphertext. */
export function mediaMac({ macKey, iv }: MediaKeys, ciphertext: Uint8Array): Uint8Array {
  return hmac.create(sha256, macKey).update(iv).update(ciphertext).digest().subarray(0, MAC_BYTES);
}

/**
 * The streaming sidecar of a blob (ciphertext and MAC): for each window of 64 KiB that begins inside the
 * blob, 10 bytes of HMAC-SHA256 over the window and the AES block after it.
 */
export function streamingSidecar({ macKey }: MediaKeys, blob: Uint8Array): Uint8Array {
  const windows = Math.ceil(blob.length / WINDOW);
  const sidecar = new Uint8Array(windows * MAC_BYTES);
  for (let k = 0; k < windows; k += 1) {
    const window = blob.subarray(k * WINDOW, (k + 1) * WINDOW + AES_BLOCK);
    sidecar.set(hmac(sha256, macKey, window).subarray(0, MAC_BYTES), k * MAC_BYTES);
  }
  return sidecar;
}
