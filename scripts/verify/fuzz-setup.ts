import { appendFileSync } from 'node:fs';
import type { Parameters, RunDetails } from 'fast-check';
import { vi } from 'vitest';

/** Nothing is to be said of a test that takes long, but that it ends. */
const TEST_MS = 30 * 60_000;
const { FUZZ_RUNS, FUZZ_SEED, FUZZ_SECONDS = '60', FUZZ_RECORD } = process.env;

/**
 * Vitest setup: with FUZZ_SEED, which fuzz-seed.ts sets in CI, each property draws from that number. With FUZZ_RUNS, each
 * also runs that often or as often as it says itself, whichever is more, but no longer than FUZZ_SECONDS. fast-check's
 * own global settings would leave alone the properties that say how often they run, which are the ones that matter. How
 * often each ran is added to the file FUZZ_RECORD.
 */
if (FUZZ_RUNS !== undefined || FUZZ_SEED !== undefined) {
  if (FUZZ_RUNS !== undefined) vi.setConfig({ testTimeout: TEST_MS });
  vi.doMock('fast-check', async (importOriginal) => {
    const original = await importOriginal<typeof import('fast-check')>();
    const report = (details: RunDetails<unknown>) => {
      if (FUZZ_RECORD !== undefined) appendFileSync(FUZZ_RECORD, `${details.numRuns}\n`);
      if (!details.failed) return;
      throw new Error(original.defaultReportMessage(details), { cause: details.errorInstance });
    };
    const longer = (parameters: Parameters<unknown>): Parameters<unknown> =>
      FUZZ_RUNS === undefined
        ? {}
        : {
            numRuns: Math.max(Number(FUZZ_RUNS), parameters.numRuns ?? 0),
            interruptAfterTimeLimit: Number(FUZZ_SECONDS) * 1000,
            reporter: report,
          };
    const assert = (property: object, parameters: Parameters<unknown> = {}) =>
      Reflect.apply(original.assert, undefined, [
        property,
        {
          ...parameters,
          ...(FUZZ_SEED !== undefined && { seed: Number(FUZZ_SEED) }),
          ...longer(parameters),
        },
      ]) as Promise<void> | void;
    return { ...original, assert, default: { ...original.default, assert } };
  });
}
