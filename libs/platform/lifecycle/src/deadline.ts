import type { Clock } from './clock.js';

/** Settles as `work` does, or rejects with `expired()` after `ms`. `work` itself is not stopped. */
export function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  expired: () => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(expired()), ms);
    work.then(resolve, reject).finally(() => clock.clearTimeout(timer));
  });
}
