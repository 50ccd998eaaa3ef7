import { STATUS_CODES } from 'node:http';
import type { AppError } from './app-error.js';

export const problemContentType = 'application/problem+json';

/** The body of every error answer (RFC 9457). */
export interface Problem {
  /** `urn:causeway:error:<code>` */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId?: string;
  readonly fields?: readonly { readonly path: string; readonly problem: string }[];
}

/** What the caller is told of an error. */
export function toProblem(error: AppError, requestId: string | undefined): Problem {
  return {
    type: `urn:causeway:error:${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.message,
    ...(requestId === undefined ? {} : { requestId }),
    ...(error.fields === undefined ? {} : { fields: error.fields }),
  };
}
