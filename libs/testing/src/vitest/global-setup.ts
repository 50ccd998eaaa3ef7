import type { TestProject } from 'vitest/node';
import { engineNames } from '../engines/engines.js';
import { startEngines } from '../engines/start-engines.js';
import { fileFilters, wantedEngines } from './wanted-engines.js';

/**
 * Vitest's global setup: engines once per run, given to tests as `inject('engines')`, and one line that says what ran.
 * Each worker of the journeys has a set of its own, see `enginesOfWorker`.
 */
export default async function testEngines(project: TestProject): Promise<() => Promise<void>> {
  const filters = fileFilters(process.argv);
  const { testFiles } = await project.globTestFiles(filters.length === 0 ? undefined : filters);
  const journeys = project.name === 'e2e';
  const wanted = journeys && testFiles.length > 0 ? new Set(engineNames) : wantedEngines(testFiles);
  const workers = journeys ? Math.max(1, Math.min(project.config.maxWorkers, testFiles.length)) : 1;
  const sets = await Promise.all(Array.from({ length: workers }, () => startEngines(wanted)));
  const [engines, ...furtherEngines] = sets.map((set) => set.engines);
  if (engines === undefined) throw new Error('a run has at least one worker');
  project.provide('engines', engines);
  project.provide('furtherEngines', furtherEngines);
  if (testFiles.length > 0) {
    const parts = engineNames.map((name) => `${name} ${engines.ranOn[name]}`);
    process.stdout.write(`engines (${project.name}): ${parts.join(', ')}\n`);
  }
  return async () => void (await Promise.all(sets.map(({ stop }) => stop())));
}
