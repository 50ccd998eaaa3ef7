import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { jobs, slowJobs } from './jobs/jobs.js';
import { messagePoints } from './message-points.js';

const libs = fileURLToPath(new URL('../../../libs', import.meta.url));
const call = /\bfailpoint\(\s*(?:'([^']+)'|`([^`]+)`)\s*\)/g;

/** The failpoints in the code; a part that is filled in there fits anything here. */
function failpoints(): RegExp[] {
  const files = readdirSync(libs, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(?!.*(?:node_modules|dist)\/).*\/src\/.*(?<!\.test)\.ts$/.test(path),
  );
  return files.flatMap((path) =>
    [...readFileSync(join(libs, path), 'utf8').matchAll(call)].map(
      ([, plain = '', template = plain]) =>
        new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[a-z]+')}$`),
    ),
  );
}

it('a process is killed at every failpoint of the code', () => {
  const killed = [...Object.values(messagePoints).flat(), ...jobs, ...slowJobs].map(({ name }) => name);
  const points = failpoints();
  expect(points.length).toBeGreaterThan(20);
  expect(points.filter((point) => !killed.some((name) => point.test(name))).map(String)).toEqual([]);
});
