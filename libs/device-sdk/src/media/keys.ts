import { hkdfSync } from 'node:crypto';

/** What a file is for its recipient; decides the keys. Voice notes are audio. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document';

const infos: Record<MediaKind, string> = {
  image: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
};

/** Length of the truncated MAC at the end of a blob, in bytes. */
export const macLength = 10;

/** Keys of one file. */
export interface MediaKeys {
  readonly iv: Buffer;
  readonly cipherKey: Buffer;
  readonly macKey: Buffer;
}

/** Expands a media key (32 bytes) into the keys of a file: HKDF-SHA256 without salt, 112 bytes, the last 32 unused. */
export function deriveMediaKeys(mediaKey: Uint8Array, kind: MediaKind): MediaKeys {
  const expanded = Buffer.from(hkdfSync('sha256', mediaKey, new Uint8Array(), infos[kind], 112));
  return {
    iv: expanded.subarray(0, 16),
    cipherKey: expanded.subarray(16, 48),
    macKey: expanded.subarray(48, 80),
  };
}

/** @returns the size in bytes of the blob of a file of `fileLength` bytes. */
export function blobLength(fileLength: number): number {
  return 16 * (Math.floor(fileLength / 16) + 1) + macLength;
}
