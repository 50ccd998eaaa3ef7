import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `check` until it no longer throws, and returns its value; at the deadline throws what it threw last.
 * Milliseconds; 5 seconds by default.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: { readonly deadlineMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const { deadlineMs = 5_000, everyMs = 20 } = options;
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await delay(everyMs);
  }
}
