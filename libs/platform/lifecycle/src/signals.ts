import type { Clock } from './clock.js';
import type { Lifecycle, LifecycleLogger } from './lifecycle.js';

/** The part of `process` that signal handling touches. */
export interface ProcessHandle {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
  exitCode?: number | string | null | undefined;
}

/** How long after the drain's own budget the process may live on, in milliseconds. */
export const lastResortMarginMs = 2_000;

interface Installation {
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly logger: LifecycleLogger;
  readonly handle: ProcessHandle;
}

/** See {@link Lifecycle.installSignalHandlers}. */
export function installSignalHandlers({ lifecycle, clock, logger, handle }: Installation): () => void {
  let signalled = false;
  const onSignal = (): void => {
    // The handler stays installed: without one a second signal would end the process in the middle of the drain.
    if (signalled) return logger.info({}, 'already draining');
    signalled = true;
    logger.info({}, 'signal received, draining');
    armLastResort(lifecycle, clock, handle);
    void lifecycle.drain().then((report) => {
      handle.exitCode = report.clean ? 0 : 1;
    });
  };
  handle.on('SIGTERM', onSignal);
  handle.on('SIGINT', onSignal);
  return () => {
    handle.off('SIGTERM', onSignal);
    handle.off('SIGINT', onSignal);
  };
}

function armLastResort(lifecycle: Lifecycle, clock: Clock, handle: ProcessHandle): void {
  const timer = clock.setTimeout(() => {
    handle.exitCode = 1;
    handle.exit(1);
  }, lifecycle.drainBudgetMs() + lastResortMarginMs);
  timer.unref();
}
