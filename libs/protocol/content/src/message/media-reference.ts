import { ContentError } from '../errors.js';

/** What a recipient needs to fetch, check and decrypt one file. Keys and hashes are 32 bytes each. */
export interface MediaReference {
  readonly mimetype: string;
  /** Path that the recipient's media host serves, from its first slash. */
  readonly directPath: string;
  readonly url?: string;
  readonly mediaKey: Uint8Array;
  /** When the media key was made, seconds since 1970. */
  readonly mediaKeyTimestamp?: number;
  /** SHA-256 of the file. */
  readonly fileSha256: Uint8Array;
  /** SHA-256 of the encrypted blob with its MAC. */
  readonly fileEncSha256: Uint8Array;
  /** Size of the file in bytes. */
  readonly fileLength: number;
  /** Audio and video only: one truncated MAC per 64 KiB of the blob. */
  readonly streamingSidecar?: Uint8Array;
}

/** The fields in which the four kinds of media messages agree. */
export interface MediaFields {
  readonly url?: string | undefined;
  readonly mimetype?: string | undefined;
  readonly directPath?: string | undefined;
  readonly mediaKey?: Uint8Array | undefined;
  readonly mediaKeyTimestamp?: bigint | undefined;
  readonly fileSha256?: Uint8Array | undefined;
  readonly fileEncSha256?: Uint8Array | undefined;
  readonly fileLength?: bigint | undefined;
  readonly streamingSidecar?: Uint8Array | undefined;
}

/** Writes a reference into the fields of a media message. @throws ContentError `media_reference_invalid` */
export function mediaFields(reference: MediaReference): MediaFields {
  const { fileLength, mediaKeyTimestamp, ...rest } = reference;
  if (!Number.isSafeInteger(fileLength) || fileLength < 0) throw new ContentError('media_reference_invalid');
  const fields: MediaFields = {
    ...rest,
    fileLength: BigInt(fileLength),
    ...(mediaKeyTimestamp === undefined ? {} : { mediaKeyTimestamp: BigInt(Math.trunc(mediaKeyTimestamp)) }),
  };
  mediaReference(fields);
  return fields;
}

/** Reads and checks the reference in a media message. @throws ContentError `media_reference_invalid` */
export function mediaReference(fields: MediaFields): MediaReference {
  const { url, directPath, mediaKeyTimestamp, streamingSidecar } = fields;
  if (directPath === undefined || !directPath.startsWith('/'))
    throw new ContentError('media_reference_invalid');
  return {
    mimetype: fields.mimetype ?? 'application/octet-stream',
    directPath,
    mediaKey: exactly32(fields.mediaKey),
    fileSha256: exactly32(fields.fileSha256),
    fileEncSha256: exactly32(fields.fileEncSha256),
    fileLength: safeNumber(fields.fileLength),
    ...(url === undefined ? {} : { url }),
    ...(mediaKeyTimestamp === undefined ? {} : { mediaKeyTimestamp: Number(mediaKeyTimestamp) }),
    ...(streamingSidecar === undefined ? {} : { streamingSidecar }),
  };
}

function exactly32(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes?.byteLength !== 32) throw new ContentError('media_reference_invalid');
  return bytes;
}

function safeNumber(value: bigint | undefined): number {
  if (value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ContentError('media_reference_invalid');
  return Number(value);
}
