import { limits } from '@causeway/limits';

/**
 * The wait before a wake is sent again: doubling, bounded, and shortened by up to half, so that devices whose push
 * service failed at the same moment do not come back at the same moment.
 * @param attempt how often it was tried, from 1
 * @param chance in [0, 1)
 * @returns milliseconds
 */
export function retryDelayMs(attempt: number, chance: number): number {
  const { wakeRetryMinMs, wakeRetryMaxMs } = limits;
  const whole = Math.min(wakeRetryMinMs.value * 2 ** (attempt - 1), wakeRetryMaxMs.value);
  return Math.round(whole * (1 - chance / 2));
}
