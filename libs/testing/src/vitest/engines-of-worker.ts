import { inject } from 'vitest';
import type { Engines } from '../engines/engines.js';

/**
 * The engines of the worker that runs this file: one set for all workers, or a set for each (journeys, whose columns
 * share roles, users and topics with whatever else runs on the same engines).
 */
export function enginesOfWorker(): Engines {
  const sets = [inject('engines'), ...inject('furtherEngines')];
  const worker = Number(process.env['VITEST_POOL_ID'] ?? 1);
  const engines = sets.length === 1 ? sets[0] : sets[worker - 1];
  if (engines === undefined)
    throw new Error(`worker ${worker} has no engines; there are ${sets.length} sets`);
  return engines;
}
