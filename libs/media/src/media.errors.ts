import { mediaErrors } from '@causeway/contracts/media';
import { AppError, httpError, type AppErrorOptions } from '@causeway/http';
import { BlobError } from './blobs/blobs.errors.js';

/** An error of the media catalogue, with its status and sentence. */
export function mediaError(code: keyof typeof mediaErrors, options: AppErrorOptions = {}): AppError {
  const { status, meaning } = mediaErrors[code];
  return new AppError(code, status, meaning, options);
}

/** What the blob store could not do, as the caller is told of it; anything else as it is. */
export function withoutBlobErrors(error: unknown): unknown {
  if (!(error instanceof BlobError)) return error;
  const refused = error.code === 'blob_offset_conflict' || error.code === 'blob_too_fragmented';
  return httpError(refused ? 'conflict' : 'unavailable', { cause: error });
}
