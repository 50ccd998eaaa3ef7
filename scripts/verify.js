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

/** @param {ReturnType<typeof areaOf>} area @returns {number} exit code */
function fuzz({ tests, filters }) {
  const files = propertyTests(filters);
  if (files.length === 0) throw new Error('no property test has such a path');
  const folder = mkdtempSync(join(tmpdir(), 'causeway-fuzz-'));
  const record = join(folder, 'runs');
  const env = fuzzEnvironment(process.env, randomInt(2 ** 31));
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  try {
    console.log(`${settings.join(' ')} in ${files.length} files`);
    const code = test([...tests, ...files], { ...env, FUZZ_RECORD: record });
    console.log(
      `${settings.join(' ')}: ${fuzzSummary(existsSync(record) ? readFileSync(record, 'utf8') : '')}`,
    );
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const area = areaOf(process.argv.slice(2));
  process.exitCode = area.name === 'fuzz' ? fuzz(area) : test([...area.tests, ...area.filters], area.env);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
