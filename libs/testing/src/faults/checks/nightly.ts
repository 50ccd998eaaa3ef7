/** True in `npm run nightly`: trials are campaigns then, of minutes instead of seconds. */
export const nightly = process.env['NIGHTLY'] !== undefined;

/** The title of a test of the night; where it does not run it says why, which `npm test` counts by. */
export const byNight = (title: string): string =>
  nightly ? title : `${title} [skipped: only in npm run nightly]`;
