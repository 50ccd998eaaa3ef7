/** @returns a promise that resolves with the first SIGINT or SIGTERM; later ones change nothing. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
}
