import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * Vitest reporter that writes what `npm test` counts, as JSON, to the file named by CAUSEWAY_TEST_RECORD. Vitest's own
 * JSON reporter leaves out why a test was skipped and errors outside tests.
 */
export default class Recorder {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env['CAUSEWAY_TEST_RECORD'];
    if (!file) return;
    /** @type {import('./summary.js').Run} */
    const run = { tests: [], faults: [] };
    for (const module of modules) {
      const path = relative(process.cwd(), module.moduleId);
      if (module.errors().length > 0) run.faults.push({ path, what: 'did not load' });
      for (const test of module.children.allTests()) run.tests.push(describe(path, test));
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0) run.faults.push({ path, what: suite.fullName });
    }
    if (unhandledErrors.length > 0)
      run.faults.push({ what: `${unhandledErrors.length} errors outside tests` });
    writeFileSync(file, JSON.stringify(run));
  }
}

/** @param {string} path @param {import('vitest/node').TestCase} test */
function describe(path, test) {
  const result = test.result();
  const titles = [test.name];
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) titles.unshift(parent.name);
  return {
    path,
    titles,
    state: /** @type {import('./summary.js').State} */ (
      result.state === 'pending' ? 'failed' : result.state // a test without an outcome did not pass
    ),
    ...(result.state === 'skipped' && result.note && { note: result.note }),
  };
}
