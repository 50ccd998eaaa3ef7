/**
 * `npm test`: builds, then runs the suites one after the other, each on the engines that this machine has, and says
 * what ran on what. The last line is the count; the exit code is 0 only when something ran and nothing failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions } from './test/options.js';
import { filesToRepeat, mergeRepeated } from './test/repeat.js';
import { count, faultsOfRun, table, totalLine } from './test/summary.js';

const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');

/** @typedef {import('./test/summary.js').Run} Run */

/**
 * @param {string} suite @param {string[]} filters @param {string} folder
 * @returns {Run}
 */
function runSuite(suite, filters, folder) {
  const run = runOnce(suite, filters, folder);
  const files = process.env['CI'] === undefined ? [] : filesToRepeat(run);
  if (files.length === 0) return run;
  console.log(`\n== ${suite}, once more: ${files.join(', ')}`);
  return mergeRepeated(run, runOnce(suite, files, folder), files);
}

/**
 * @param {string} suite @param {string[]} filters @param {string} folder
 * @returns {Run}
 */
function runOnce(suite, filters, folder) {
  const record = join(folder, `${suite}.json`);
  // What one process has compiled, the next one need not: hundreds of them load the same packages.
  const compiled = { NODE_COMPILE_CACHE: join(folder, 'compiled') };
  console.log(`\n== ${suite}`);
  const started = performance.now();
  const { status, signal } = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      `--project=${suite}`,
      '--reporter=default',
      '--reporter=./scripts/test/reporter.js',
      ...filters,
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...compiled, CAUSEWAY_TEST_RECORD: record },
    },
  );
  console.log(`== ${suite}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  /** @type {Run} */
  const run = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : { tests: [], faults: [] };
  run.faults.push(...faultsOfRun(run, { enginesRequired: process.env['REQUIRE_ENGINES'] === '1' }));
  if (status !== 0 && count([run]).failed === 0)
    run.faults.push({ what: `Vitest ended with ${signal ?? status}` });
  return run;
}

/** @param {{ suites: string[], filters: string[] }} options @returns {number} exit code */
function main({ suites, filters }) {
  const build = spawnSync('npm', ['run', '-s', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (build.status !== 0) {
    console.log(`the build failed\n${totalLine({ passed: 0, failed: 1, skipped: 0 })}`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'causeway-npm-test-'));
  try {
    const runs = new Map(suites.map((suite) => [suite, runSuite(suite, filters, folder)]));
    const counts = count([...runs.values()]);
    console.log(`\n${table(runs).join('\n')}\n\n${totalLine(counts)}`);
    return counts.failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = main(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(totalLine({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}
