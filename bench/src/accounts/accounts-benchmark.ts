import type { Benchmark } from '../harness/benchmark.js';
import { measureTokens } from './tokens.js';

/** What accounts does most often. */
export const accountsBenchmark: Benchmark = {
  name: 'accounts',
  run: measureTokens,
};
