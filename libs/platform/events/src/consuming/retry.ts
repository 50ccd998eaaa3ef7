import { setTimeout as delay } from 'node:timers/promises';

const longestWaitMs = 30_000;

/** The wait before try number `attempt` (the second is 2): doubling, bounded. */
export function backoff(attempt: number, backoffMs: number): number {
  return Math.min(backoffMs * 2 ** Math.max(0, attempt - 2), longestWaitMs);
}

/** Waits, or returns at once when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** Thrown when a handler did not finish in time. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';
  readonly code = 'handler_timeout';
}

/** Runs one try with a signal that is aborted by `signal` or at the deadline; at the deadline throws HandlerTimeout. */
export async function withinDeadline(
  run: (signal: AbortSignal) => Promise<void>,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  signal.addEventListener('abort', abort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new HandlerTimeout('the handler did not finish within its deadline'));
      attempt.abort();
    }, deadlineMs);
  });
  try {
    await Promise.race([run(attempt.signal), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
