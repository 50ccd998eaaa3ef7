import { describe, expect, it } from 'vitest';
import { columnOf, count, faultsOfRun, reasonOf, table, totalLine, type Run, type Test } from './summary.js';

const test = (
  titles: string[],
  state: Test['state'] = 'passed',
  path = 'libs/x/src/x.int.test.ts',
): Test => ({
  path,
  titles,
  state,
});

describe('the summary of npm test', () => {
  it.each<[string, Test]>([
    ['production', test(['event bus on Kafka', 'delivery', 'keeps order'])],
    ['embedded', test(['event bus on Postgres', 'delivery', 'keeps order'])],
    ['embedded', test(['coordination in memory', 'presence', 'expires'])],
    ['either', test(['egress in production', 'refuses what Redis would answer'])],
    ['embedded', test(['journeys on the embedded column', 'a text, as Kafka would carry it'])],
    ['production', test(['takes'], 'passed', 'libs/platform/coordination/src/redis/redis.int.test.ts')],
    ['either', test(['migrates an empty database'])],
  ])('puts a test on the %s column', (column, of) => {
    expect(columnOf(of)).toBe(column);
  });

  it('finds the reason of a skipped test in its note or its titles', () => {
    expect(reasonOf({ ...test(['a'], 'skipped'), note: 'needs root' })).toBe('needs root');
    expect(reasonOf(test(['Bus (kafka not run: container did not start (no image))', 'a'], 'skipped'))).toBe(
      'kafka not run: container did not start (no image)',
    );
    expect(reasonOf(test(['a [skipped: no s3]'], 'skipped'))).toBe('no s3');
    expect(reasonOf(test(['a'], 'skipped'))).toBe('no reason given');
  });

  it('counts faults outside tests as failures', () => {
    const run: Run = {
      tests: [test(['a']), test(['b'], 'skipped')],
      faults: [{ path: 'x.test.ts', what: 'did not load' }],
    };
    expect(totalLine(count([run]))).toBe('1 passed, 1 failed, 1 skipped');
  });

  it('prints a line per suite and column, with reasons', () => {
    const tests = [
      test(['Redis (redis not run: no Docker engine answers)', 'a'], 'skipped'),
      test(['memory', 'a']),
      test(['memory', 'b'], 'failed'),
    ];
    expect(
      table(new Map([['int', { tests, faults: [{ what: 'no test ran' }], repeated: ['a.test.ts'] }]])),
    ).toEqual([
      'int (embedded)     1 passed, 1 failed, 0 skipped',
      'int (production)   0 passed, 0 failed, 1 skipped',
      '                   1 skipped: redis not run: no Docker engine answers',
      'int                repeated: a.test.ts',
      'int                failed: no test ran',
    ]);
  });

  it('fails a suite in which nothing ran', () => {
    const skipped = test(['a'], 'skipped');
    expect(faultsOfRun({ tests: [], faults: [] }, { enginesRequired: false })).toEqual([
      { what: 'no test ran' },
    ]);
    expect(faultsOfRun({ tests: [skipped], faults: [] }, { enginesRequired: false })).toEqual([
      { what: 'no test ran' },
    ]);
    expect(faultsOfRun({ tests: [skipped, test(['b'])], faults: [] }, { enginesRequired: true })).toEqual([]);
  });

  it('fails a test that was skipped for want of a required engine', () => {
    const tests = [test(['Redis (redis not run: no Docker engine answers)', 'a'], 'skipped'), test(['b'])];
    expect(faultsOfRun({ tests, faults: [] }, { enginesRequired: false })).toEqual([]);
    expect(faultsOfRun({ tests, faults: [] }, { enginesRequired: true })).toEqual([
      { what: 'engines are required, but redis not run: no Docker engine answers' },
    ]);
  });
});
