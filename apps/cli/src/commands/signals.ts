const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @returns a signal that is aborted by the first SIGINT, SIGTERM or SIGHUP of the process; later ones change nothing. */
export function abortedByProcess(): AbortSignal {
  const ended = new AbortController();
  for (const name of ENDING) process.on(name, () => ended.abort());
  return ended.signal;
}

/** @returns a promise that resolves with the abortion. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
