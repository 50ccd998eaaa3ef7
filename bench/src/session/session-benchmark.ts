import type { Benchmark, BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { measureCodec } from './codec.js';
import { measureHandshake } from './handshake.js';
import { measureWholeSessions } from './whole-sessions.js';
import { measureParser } from './parser.js';

type Part = (options: BenchmarkOptions) => Promise<readonly Measure[]>;

/** Of the bytes of the wire; each gets the same share of the time. */
const parts: readonly Part[] = [measureHandshake, measureCodec, measureParser];

/** What an upstream session costs: its bytes, then 2,000 whole ones. */
export const sessionBenchmark: Benchmark = {
  name: 'session',
  async run(options) {
    const share = { ...options, budgetMs: options.budgetMs / parts.length };
    const measures: Measure[] = [];
    for (const part of parts) measures.push(...(await part(share)));
    return [...measures, ...(await measureWholeSessions(options))];
  },
};
