import { limits } from '@causeway/limits';
import type { NewRest } from '../rests/rests.js';
import { LinkRefused } from '../sessions/ports.js';

const RATE_LIMITED = 429;

/**
 * For how long a gatekeeper is given no signed prekey after one came to nothing. By the rule of its own clients that is a
 * day after an error of its own (5xx). After a rate limit it is an hour (our rule). Any other number is said of the key:
 * that one is left for a day, and another may be given at once.
 * @param error what the query came to
 * @returns undefined when nothing was refused: it was not answered, or the connection was lost
 */
export function restAfter(error: unknown, keyId: number): NewRest | undefined {
  if (!(error instanceof LinkRefused) || error.end.code !== 'query_refused') return undefined;
  const { status } = error.end;
  const code = status === undefined ? error.end.code : String(status);
  if (status === RATE_LIMITED) return { code, forMs: limits.signedPrekeyBusyMs.value };
  const forMs = limits.signedPrekeyRestMs.value;
  return status !== undefined && status >= 500 ? { code, forMs } : { code, forMs, keyId };
}
