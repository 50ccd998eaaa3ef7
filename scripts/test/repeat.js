/** @typedef {import('./summary.js').Run} Run */

/** More files than this do not fail by chance. */
const MOST = 3;

/**
 * Files that failed outside their tests, in a hook: an engine of the file's own did not start, or not in time. Vitest
 * repeats tests, but no hooks.
 * @param {Run} run
 * @returns {string[]} their paths; none when so many failed that it is no accident
 */
export function filesToRepeat({ faults }) {
  const files = new Set(faults.flatMap(({ path }) => path ?? []));
  return files.size > MOST ? [] : [...files];
}

/**
 * @param {Run} run
 * @param {Run} again a second run of some of its files
 * @param {readonly string[]} files
 * @returns {Run} the second run's outcome for these files, the first one's for the others
 */
export function mergeRepeated(run, again, files) {
  const isOther = (/** @type {{ path?: string }} */ { path }) => path === undefined || !files.includes(path);
  return {
    tests: [...run.tests.filter(isOther), ...again.tests],
    faults: [...run.faults.filter(isOther), ...again.faults],
    repeated: [...files],
  };
}
