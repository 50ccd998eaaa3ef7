import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { areaOf, areas, fuzzEnvironment, fuzzSummary } from './areas.js';

const workspace = join(import.meta.dirname, '../..');

describe('npm run verify', () => {
  it.each([[], ['nothing'], ['toString'], ['--fuzz']])('names its areas when asked for %j', (...argv) => {
    for (const name of Object.keys(areas)) expect(() => areaOf(argv)).toThrow(`  ${name} `);
  });

  it('takes an area, and filters after it', () => {
    const { name, tests, filters } = areaOf(['restarts', 'a', 'b']);
    expect({ name, tests, filters }).toEqual({
      name: 'restarts',
      tests: ['--e2e', 'e2e/src/restarts'],
      filters: ['a', 'b'],
    });
  });

  it('runs tests that are there', () => {
    const paths = Object.values(areas).flatMap(({ tests }) => tests.filter((test) => !test.startsWith('-')));
    expect(paths.filter((path) => !existsSync(join(workspace, path)))).toEqual([]);
  });

  it('fuzzes as the environment says, else from a new seed', () => {
    const { FUZZ_SEED, ...rest } = fuzzEnvironment({}, 7);
    expect(FUZZ_SEED).toBe('7');
    expect(fuzzEnvironment({ FUZZ_SEED: '8', FUZZ_RUNS: '9' }, 7)).toEqual({
      ...rest,
      FUZZ_SEED: '8',
      FUZZ_RUNS: '9',
    });
  });

  it('sums what the properties ran', () => {
    expect(fuzzSummary('100\n20000\n')).toBe('2 properties, 20100 runs');
    expect(fuzzSummary('')).toBe('0 properties, 0 runs');
  });
});
