import { appendFileSync } from 'node:fs';
import type { Parameters, RunDetails } from 'fast-check';
import { vi } from 'vitest';

/** Nothing is to be said of a test that takes long, but that it ends. */
const TEST_MS = 30 * 60_000;
const { FUZZ_RUNS, FUZZ_SEED, FUZZ_SECONDS = '60', FUZZ_RECORD } = process.env;

/**
 * Vitest setup: with FUZZ_RUNS, each property runs that often or as often as it says itself, whichever is more, but no
 * longer than FUZZ_SECONDS, and from FUZZ_SEED. fast-check's own global settings would leave alone the properties that
 * say how often they run, which are the ones that matter. How often each ran is added to the file FUZZ_RECORD.
 */
if (FUZZ_RUNS !== undefined) {
  const runs = Number(FUZZ_RUNS);
  vi.setConfig({ testTimeout: TEST_MS });
  vi.doMock('fast-check', async (importOriginal) => {
    const original = await importOriginal<typeof import('fast-check')>();
    const report = (details: RunDetails<unknown>) => {
      if (FUZZ_RECORD !== undefined) appendFileSync(FUZZ_RECORD, `${details.numRuns}\n`);
      if (details.failed) throw new Error(original.defaultReportMessage(details));
    };
    const assert = (property: object, parameters: Parameters<unknown> = {}) =>
      Reflect.apply(original.assert, undefined, [
        property,
        {
          ...parameters,
          numRuns: Math.max(runs, parameters.numRuns ?? 0),
          interruptAfterTimeLimit: Number(FUZZ_SECONDS) * 1000,
          ...(FUZZ_SEED !== undefined && { seed: Number(FUZZ_SEED) }),
          reporter: report,
        },
      ]) as Promise<void> | void;
    return { ...original, assert, default: { ...original.default, assert } };
  });
}
