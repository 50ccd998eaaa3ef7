/** Bounds of the waits between attempts, in milliseconds. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * @param attempt how many attempts have failed, from 1
 * @param random a number from 0 to 1, so that devices that were cut off together do not come back together
 * @returns how long to wait: between half and the whole of a time that doubles up to its bound
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: BackoffBounds, random: number): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(whole / 2 + (whole / 2) * random);
}
