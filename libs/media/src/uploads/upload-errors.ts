import { AppError, httpError } from '@causeway/http';
import { ERRORS } from '@tus/server';
import { mediaError, withoutBlobErrors } from '../media.errors.js';
import { TransferError } from '../transfers/transfer.errors.js';

/** What went wrong with an upload, as the device is told of it. What is no error of ours or of tus stays as it is. */
export function uploadFailure(thrown: unknown): unknown {
  const error = withoutBlobErrors(thrown);
  // Cut off or pushed aside by a later request: the device asks where to go on, and does.
  if (error === ERRORS.ABORTED) return httpError('conflict');
  if (error instanceof TransferError) return httpError('unavailable', { cause: error });
  const status = statusOf(error);
  return status === undefined ? error : failureOfStatus(status);
}

/** The error of a status that the tus server answers with. */
export function failureOfStatus(status: number): AppError {
  if (status === 404 || status === 410) return mediaError('media_unknown');
  if (status === 409) return httpError('conflict');
  if (status === 413) return mediaError('media_too_large');
  if (status === 412)
    return new AppError('malformed_request', 412, 'Only version 1.0.0 of tus is spoken here.');
  return status === 500 ? httpError('internal') : httpError('malformed_request');
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status_code' in error)) return undefined;
  return typeof error.status_code === 'number' ? error.status_code : undefined;
}
