import { expect, it } from 'vitest';
import { seedOf } from './fuzz-seed.js';

it('is the same in every run of CI, new every night, and what is given in both', () => {
  expect(seedOf({}, 7)).toBeUndefined();
  expect(seedOf({ CI: 'true' }, 7)).toBe(seedOf({ CI: '1' }, 8));
  expect(seedOf({ CI: 'true', NIGHTLY: '1' }, 7)).toBe(7);
  for (const environment of [{}, { CI: 'true' }, { CI: 'true', NIGHTLY: '1' }]) {
    expect(seedOf({ ...environment, FUZZ_SEED: '9' }, 7)).toBe(9);
  }
});

it.runIf(process.env['CI'])('reaches the properties of this run', async () => {
  const { default: fc } = await import('fast-check');
  const draw = () => {
    const drawn: number[] = [];
    fc.assert(
      fc.property(fc.integer(), (value) => void drawn.push(value)),
      { numRuns: 20 },
    );
    return drawn;
  };
  expect(draw()).toEqual(draw());
});
