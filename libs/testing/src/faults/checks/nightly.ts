/** True in `npm run nightly`: trials are campaigns then, of minutes instead of seconds. */
export const nightly = process.env['NIGHTLY'] !== undefined;
