import { AppError, type AppErrorOptions } from './app-error.js';
import { httpErrors, type HttpErrorCode } from './http-errors.js';

/** An error of the HTTP layer, with the status and the sentence of its code. */
export function httpError(code: HttpErrorCode, options: AppErrorOptions = {}): AppError {
  const { status, meaning } = httpErrors[code];
  return new AppError(code, status, meaning, options);
}
