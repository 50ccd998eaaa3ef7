import { type UpstreamAdvice, upstreamEndings, type UpstreamErrorCode } from './upstream-advice.js';

/** Everything that can go wrong with an upstream connection. Messages hold no address, token or content. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly advice: UpstreamAdvice;
  /** How long the gatekeeper wants to be left alone, in milliseconds, where it said so. */
  readonly waitMs: number | undefined;

  /** @param status the gatekeeper's own number, where it gave one (`<failure reason>`, stream or IQ error code) */
  constructor(
    readonly code: UpstreamErrorCode,
    readonly status?: number,
    options?: ErrorOptions & { readonly waitMs?: number },
  ) {
    super(status === undefined ? `upstream: ${code}` : `upstream: ${code} (${String(status)})`, options);
    this.advice = upstreamEndings[code].advice;
    this.waitMs = options?.waitMs;
  }
}

/** Any thrown value as an UpstreamError; others become `fallback` with the value as cause. */
export function upstreamError(thrown: unknown, fallback: UpstreamErrorCode): UpstreamError {
  return thrown instanceof UpstreamError ? thrown : new UpstreamError(fallback, undefined, { cause: thrown });
}
