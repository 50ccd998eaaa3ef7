import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/test/longest-first.js';

// Without `module`: what stands there is for bundlers, and Node cannot load all of it (as in the AWS client).
const conditions = ['@causeway/source', ...defaultServerConditions.filter((name) => name !== 'module')];
const resolve = { conditions };
const ssr = { resolve };
const exclude = ['**/node_modules/**', '**/dist/**', '.causeway/**'];

/** Real engines on a busy machine can miss a deadline once; Vitest counts and names what it had to repeat. */
const retry = process.env['CI'] === undefined ? 0 : 2;

/** Three kinds of tests, told apart by the file name: unit (no I/O), `*.int.test.ts` (real engines), e2e (journeys). */
export default defineConfig({
  ssr,
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ssr,
        test: {
          name: 'unit',
          include: ['{libs,apps,scripts,bench,docker}/**/*.test.ts'],
          exclude: [...exclude, '**/*.int.test.ts'],
          globalSetup: ['scripts/verify/fuzz-seed.ts'],
          setupFiles: ['scripts/verify/fuzz-setup.ts'],
          testTimeout: 15_000,
          // Without input or output nothing leaks from file to file; a process for each would double the time.
          isolate: false,
        },
      },
      {
        ssr,
        test: {
          name: 'int',
          include: ['libs/**/*.int.test.ts', 'apps/**/*.int.test.ts', 'scripts/**/*.int.test.ts'],
          exclude,
          globalSetup: ['libs/testing/src/vitest/global-setup.ts', 'scripts/verify/fuzz-seed.ts'],
          setupFiles: ['scripts/verify/fuzz-setup.ts'],
          testTimeout: 30_000,
          retry,
          hookTimeout: 60_000,
          // Most of their time they wait for an engine, a deadline or another process.
          maxWorkers: 4,
        },
      },
      {
        ssr,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude,
          globalSetup: ['libs/testing/src/vitest/global-setup.ts'],
          testTimeout: 120_000,
          retry,
          hookTimeout: 180_000,
          // Each worker has engines of its own. A journey waits more than it computes.
          maxWorkers: 2,
        },
      },
    ],
  },
});
