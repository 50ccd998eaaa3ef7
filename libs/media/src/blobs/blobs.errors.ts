export type BlobErrorCode =
  'blob_missing' | 'blob_offset_conflict' | 'blob_too_fragmented' | 'blob_store_failed';

const messages: Readonly<Record<BlobErrorCode, string>> = {
  blob_missing: 'the blob is not in the store, or shorter than it was',
  blob_offset_conflict: 'the blob does not end where the bytes should go',
  blob_too_fragmented: 'the blob came in too many parts',
  blob_store_failed: 'the blob store did not do what it was asked',
};

/** The blob store cannot do what is asked. Messages never hold names. */
export class BlobError extends Error {
  override readonly name = 'BlobError';

  constructor(
    readonly code: BlobErrorCode,
    cause?: unknown,
  ) {
    super(messages[code], cause === undefined ? undefined : { cause });
  }
}

/** The error as this port throws it. */
export function blobError(code: BlobErrorCode, error: unknown): BlobError {
  return error instanceof BlobError ? error : new BlobError(code, causeOf(error));
}

/** Errors of the file system quote paths, those of S3 keys: only what kind of error it was goes on. */
function causeOf(error: unknown): Error {
  const kind = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'unknown';
  return new Error(kind);
}
