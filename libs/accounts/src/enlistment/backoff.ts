import { limits } from '@causeway/limits';

/**
 * How long to wait after a failed attempt: doubling, bounded, and between half and all of it by chance, so that users
 * who failed together do not come back together.
 * @param attempt the failed attempt, from 1
 * @param random from 0 to 1
 * @returns milliseconds, or undefined when it was the last one
 */
export function backoffMs(attempt: number, random: number): number | undefined {
  if (attempt >= limits.enlistmentAttempts.value) return undefined;
  const doubled = limits.enlistmentBackoffMinMs.value * 2 ** Math.min(attempt - 1, 30);
  const bounded = Math.min(doubled, limits.enlistmentBackoffMaxMs.value);
  return Math.round(bounded * (0.5 + random / 2));
}
