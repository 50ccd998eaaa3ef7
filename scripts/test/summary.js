/**
 * @typedef {'passed' | 'failed' | 'skipped'} State
 * @typedef {{ path: string, titles: string[], state: State, note?: string }} Test
 * @typedef {{ path?: string, what: string }} Fault a failure outside any test, in the file if one is named
 * @typedef {{ tests: Test[], faults: Fault[], repeated?: string[] }} Run one suite's outcome; the files that it repeated
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

const named = { embedded: /\bembedded column\b/i, production: /\bproduction column\b/i };
const engines = {
  embedded: /\b(?:memory|folder|postgres log|on postgres)\b/i,
  production: /\b(?:kafka|redis|s3)\b/i,
};
const folders = {
  embedded: /\/(?:embedded-postgres|memory|folder)\//,
  production: /\/(?:kafka|redis|s3)\//,
};

/**
 * The column that a test ran on: what the titles of its suites say, else the engine that they name, else the folder of
 * its file. PostgreSQL stands on both columns; as an adapter of a port ("on Postgres") it is the embedded one.
 * @param {Test} test
 * @returns {'embedded' | 'production' | 'either'}
 */
export function columnOf({ path, titles }) {
  const suites = titles.slice(0, -1).join(' > ');
  for (const { text, patterns } of [
    { text: suites, patterns: named },
    { text: suites, patterns: engines },
    { text: path, patterns: folders },
  ]) {
    if (patterns.production.test(text)) return 'production';
    if (patterns.embedded.test(text)) return 'embedded';
  }
  return 'either';
}

/**
 * Why a test was skipped: its note, else what a title says as `(kafka not run: …)` or `[skipped: …]`.
 * @param {Test} test
 */
export function reasonOf({ titles, note }) {
  if (note !== undefined) return note;
  for (const title of titles) {
    const [, reason] = /\((\w+ not run: .*)\)$/.exec(title) ?? /\[skipped: ([^\]]*)\]/.exec(title) ?? [];
    if (reason !== undefined) return reason;
  }
  return 'no reason given';
}

/** @param {Run[]} runs @returns {Counts} */
export function count(runs) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { tests, faults } of runs) {
    for (const { state } of tests) counts[state] += 1;
    counts.failed += faults.length;
  }
  return counts;
}

/** @param {Counts} counts */
export const totalLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/**
 * One line per suite and column, the reasons of skipped tests, and the faults.
 * @param {Map<string, Run>} runs by suite
 * @returns {string[]}
 */
export function table(runs) {
  const lines = [];
  for (const [suite, run] of runs) {
    const columns = Map.groupBy(run.tests, columnOf);
    for (const column of [...columns.keys()].sort()) {
      const label = suite === 'unit' ? suite : `${suite} (${column})`;
      const tests = columns.get(column) ?? [];
      lines.push(`${label.padEnd(18)} ${totalLine(count([{ tests, faults: [] }]))}`);
      const skipped = Map.groupBy(
        tests.filter(({ state }) => state === 'skipped'),
        reasonOf,
      );
      for (const [reason, of] of skipped) lines.push(`${' '.repeat(19)}${of.length} skipped: ${reason}`);
    }
    for (const path of run.repeated ?? []) lines.push(`${suite.padEnd(18)} repeated: ${path}`);
    for (const { path, what } of run.faults)
      lines.push(`${suite.padEnd(18)} failed: ${path === undefined ? what : `${path}: ${what}`}`);
  }
  return lines;
}

/**
 * What makes a run fail beside failed tests: a suite in which nothing ran, and, where engines are required, a test
 * that was skipped for want of one.
 * @param {Run} run
 * @param {{ enginesRequired: boolean }} options
 * @returns {Fault[]}
 */
export function faultsOfRun({ tests }, { enginesRequired }) {
  const faults = tests.some(({ state }) => state !== 'skipped') ? [] : [{ what: 'no test ran' }];
  if (enginesRequired)
    for (const reason of new Set(tests.filter(({ state }) => state === 'skipped').map(reasonOf)))
      if (/\bnot run: /.test(reason)) faults.push({ what: `engines are required, but ${reason}` });
  return faults;
}
