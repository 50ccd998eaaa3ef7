import { describe, expect, it } from 'vitest';
import { filesToRepeat, mergeRepeated } from './repeat.js';
import type { Run, Test } from './summary.js';

const test = (path: string, state: Test['state']): Test => ({ path, titles: ['a'], state });
const fault = (path: string) => ({ path, what: 'hook' });

describe('the repetition of files', () => {
  it('takes files that failed outside their tests, and no others', () => {
    const tests = [test('a.test.ts', 'skipped'), test('b.test.ts', 'failed')];
    const faults = [fault('a.test.ts'), fault('a.test.ts'), { what: 'Vitest ended with 1' }];
    expect(filesToRepeat({ tests, faults })).toEqual(['a.test.ts']);
  });

  it('takes none when many failed', () => {
    const faults = ['a', 'b', 'c', 'd'].map(fault);
    expect(filesToRepeat({ tests: [], faults })).toEqual([]);
  });

  it('counts what the files did the second time, and names them', () => {
    const run: Run = {
      tests: [test('a.test.ts', 'skipped'), test('b.test.ts', 'failed')],
      faults: [fault('a.test.ts'), { what: 'Vitest ended with 1' }],
    };
    const again: Run = { tests: [test('a.test.ts', 'passed')], faults: [] };
    expect(mergeRepeated(run, again, ['a.test.ts'])).toEqual({
      tests: [test('b.test.ts', 'failed'), test('a.test.ts', 'passed')],
      faults: [{ what: 'Vitest ended with 1' }],
      repeated: ['a.test.ts'],
    });
    const broken: Run = { tests: [test('a.test.ts', 'skipped')], faults: [fault('a.test.ts')] };
    expect(mergeRepeated(run, broken, ['a.test.ts']).faults).toHaveLength(2);
  });
});
