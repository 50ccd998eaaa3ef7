import type { TestProject } from 'vitest/node';
import { engineNames } from '../engines/engines.js';
import { startEngines } from '../engines/start-engines.js';
import { fileFilters, wantedEngines } from './wanted-engines.js';

/** Vitest's global setup: engines once per run, given to tests as `inject('engines')`, and one line that says what ran. */
export default async function testEngines(project: TestProject): Promise<() => Promise<void>> {
  const filters = fileFilters(process.argv);
  const { testFiles } = await project.globTestFiles(filters.length === 0 ? undefined : filters);
  const journeys = project.name === 'e2e';
  const wanted = journeys && testFiles.length > 0 ? new Set(engineNames) : wantedEngines(testFiles);
  const { engines, stop } = await startEngines(wanted);
  project.provide('engines', engines);
  if (testFiles.length > 0) {
    const parts = engineNames.map((name) => `${name} ${engines.ranOn[name]}`);
    process.stdout.write(`engines (${project.name}): ${parts.join(', ')}\n`);
  }
  return stop;
}
