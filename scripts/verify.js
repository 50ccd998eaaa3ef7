/**
 * `npm run verify -- AREA [filters]`: a campaign that is too long for every run, on `npm test`. What is too long is in
 * the areas; what a campaign found ends with code 1.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { areaOf, fuzzEnvironment, fuzzSummary } from './verify/areas.js';
import { faultTable } from './verify/fault-table.js';

/** @param {string[]} tests @param {Record<string, string>} env @returns {number} exit code */
function test(tests, env) {
  const { status } = spawnSync('npm', ['test', '--', ...tests], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}

/** @param {string[]} filters @returns {string[]} the files with property tests */
function propertyTests(filters) {
  const found = execFileSync('git', ['grep', '-l', "from 'fast-check'", '--', '*.test.ts'], {
    encoding: 'utf8',
  });
  return found
    .split('\n')
    .filter((file) => file !== '' && (filters.length === 0 || filters.some((part) => file.includes(part))));
}

/**
 * Runs tests that note what they did in a file.
 * @param {string} variable names the file to them
 * @param {(env: Record<string, string>) => number} run
 * @returns {{ code: number, record: string }} exit code, and what stands in the file
 */
function recorded(variable, run) {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-verify-'));
  const file = join(folder, 'record');
  try {
    const code = run({ [variable]: file });
    return { code, record: existsSync(file) ? readFileSync(file, 'utf8') : '' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {ReturnType<typeof areaOf>} area @returns {number} exit code */
function fuzz({ tests, filters }) {
  const files = propertyTests(filters);
  if (files.length === 0) throw new Error('no property test has such a path');
  const env = fuzzEnvironment(process.env, randomInt(2 ** 31));
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  console.log(`${settings.join(' ')} in ${files.length} files`);
  const { code, record } = recorded('FUZZ_RECORD', (file) => test([...tests, ...files], { ...env, ...file }));
  console.log(`${settings.join(' ')}: ${fuzzSummary(record)}`);
  return code;
}

/** @param {ReturnType<typeof areaOf>} area @returns {number} exit code */
function faults({ env, tests, filters }) {
  const options = tests.filter((word) => word.startsWith('-'));
  const paths = tests.filter((word) => !word.startsWith('-'));
  const files = testsIn(paths).filter((file) => filters.some((part) => file.includes(part)));
  if (filters.length > 0 && files.length === 0) throw new Error('no test of faults has such a path');
  const chosen = filters.length > 0 ? files : paths;
  const { code, record } = recorded('FAULT_RECORD', (file) =>
    test([...options, ...chosen], { ...env, ...file }),
  );
  console.log(`\n${faultTable(record).join('\n')}`);
  return code;
}

/** @param {string[]} paths @returns {string[]} the test files below them */
function testsIn(paths) {
  const list = execFileSync('git', ['ls-files', '--', ...paths], { encoding: 'utf8' });
  return list.split('\n').filter((file) => file.endsWith('.test.ts'));
}

/** @param {ReturnType<typeof areaOf>} area @returns {number} exit code */
function peers({ filters }) {
  // It uses the built libraries.
  for (const [command, ...args] of [
    ['npm', 'run', '-s', 'build'],
    ['node', 'scripts/peers.js', ...filters],
  ]) {
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

/** @param {ReturnType<typeof areaOf>} area @returns {number} exit code */
const plain = ({ env, tests, filters }) => test([...tests, ...filters], env);

/** Areas that are more than a run of tests. */
const runners = new Map([
  ['fuzz', fuzz],
  ['faults', faults],
  ['peers', peers],
]);

try {
  const area = areaOf(process.argv.slice(2));
  process.exitCode = (runners.get(area.name) ?? plain)(area);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
