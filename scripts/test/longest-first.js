import { BaseSequencer } from 'vitest/node';

/**
 * Files that take longest, by the end of their paths, about the longest first. Mostly they wait for an engine that was
 * killed, so that the others can use the processor meanwhile; trials with many processes do not begin together. Vitest
 * goes by the size of files, and would begin some of these when all others have ended.
 */
export const longest = [
  'libs/platform/events/src/faults/postgres-engine.int.test.ts',
  'libs/platform/events/src/faults/kafka-engine.int.test.ts',
  'apps/cli/src/keys/rotation-under-load.int.test.ts',
  'libs/platform/events/src/kafka/kafka-event-bus.int.test.ts',
  'libs/platform/events/src/faults/kafka-consumers.int.test.ts',
  'libs/platform/events/src/kafka/broker-restarts.int.test.ts',
  'libs/testing/src/faults/engines/own-engines.int.test.ts',
  'libs/platform/events/src/faults/postgres-consumers.int.test.ts',
  'libs/platform/events/src/faults/wall-clock.int.test.ts',
  'libs/platform/events/src/kafka/secure-kafka.int.test.ts',
  'apps/cli/src/stack/device-noise-keys.int.test.ts',
  'apps/cli/src/commands/start.int.test.ts',
  'apps/cli/src/commands/demo.int.test.ts',
  'e2e/src/restarts/restarts.test.ts',
  'e2e/src/faults/gatekeeper.test.ts',
  'e2e/src/faults/engines.test.ts',
  'e2e/src/faults/many-sessions.test.ts',
  'e2e/src/journeys/main-job.test.ts',
];

/** @param {string} path */
function rank(path) {
  const index = longest.findIndex((name) => path.endsWith(`/${name}`));
  return index === -1 ? longest.length : index;
}

/** Begins the longest files first, so that none is left alone at the end; the others in Vitest's order. */
export class LongestFirst extends BaseSequencer {
  /** @override @param {import('vitest/node').TestSpecification[]} files */
  async sort(files) {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one.moduleId) - rank(other.moduleId));
  }
}
