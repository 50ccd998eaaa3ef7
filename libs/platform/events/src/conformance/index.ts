import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { Clients, type ConformanceBackend } from './backend.js';
import { deliverySuite } from './delivery.js';
import { groupSuite } from './groups.js';
import { parkingBoundsSuite } from './parking-bounds.js';
import { parkingSuite } from './parking.js';
import { poisonSuite } from './poison.js';
import { publishSuite } from './publish.js';

export type { ConformanceBackend, StoredRecord } from './backend.js';

/** What the suites work with; filled before the tests run. */
export interface Fixture {
  readonly backend: ConformanceBackend;
  readonly clients: Clients;
  /** How long a condition may take to come true, rebalances included. */
  readonly deadlineMs: number;
}

/** The suite that every engine of the bus must pass. */
export function eventBusConformance(
  name: string,
  setUp: () => Promise<ConformanceBackend>,
  options: { readonly deadlineMs?: number } = {},
): void {
  describe(`event bus on ${name}`, () => {
    let backend: ConformanceBackend | undefined;
    let clients: Clients | undefined;
    const get = (): Fixture => {
      if (backend === undefined || clients === undefined) throw new Error('not set up');
      return { backend, clients, deadlineMs: options.deadlineMs ?? 10_000 };
    };
    beforeAll(async () => {
      backend = await setUp();
      clients = new Clients(backend);
    });
    afterEach(() => clients?.close());
    afterAll(() => backend?.close());
    publishSuite(get);
    deliverySuite(get);
    groupSuite(get);
    poisonSuite(get);
    parkingSuite(get);
    parkingBoundsSuite(get);
  });
}
