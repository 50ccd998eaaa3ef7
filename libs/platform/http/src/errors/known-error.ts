import { HttpException } from '@nestjs/common';
import { RemoteError } from '../service-identity/remote.errors.js';
import { AppError } from './app-error.js';
import { httpError } from './http-error.js';
import type { HttpErrorCode } from './http-errors.js';

const byFastifyCode: Readonly<Record<string, HttpErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
  FST_ERR_NOT_FOUND: 'not_found',
};

const byStatus: Readonly<Record<number, HttpErrorCode>> = {
  400: 'malformed_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  409: 'conflict',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  431: 'headers_too_large',
  503: 'unavailable',
};

/** The error that the caller is told of, whatever was thrown. Foreign messages never pass: they may quote input. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof RemoteError)
    return httpError(thrown.retryable ? 'unavailable' : 'internal', { cause: thrown });
  if (thrown instanceof HttpException)
    return httpError(byStatus[thrown.getStatus()] ?? 'internal', { cause: thrown });
  const code = propertyOf(thrown, 'code');
  const known = typeof code === 'string' ? byFastifyCode[code] : undefined;
  if (known) return httpError(known, { cause: thrown });
  // Fastify's JSON parser throws plain syntax errors that carry a status.
  if (thrown instanceof SyntaxError && propertyOf(thrown, 'statusCode') === 400) {
    return httpError('malformed_json', { cause: thrown });
  }
  return httpError('internal', { cause: thrown });
}

function propertyOf(value: unknown, name: 'code' | 'statusCode'): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
