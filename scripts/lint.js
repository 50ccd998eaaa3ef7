/**
 * `npm run lint [-- paths]`: builds the project graph, checks the tags, then runs ESLint. The order matters: without a
 * fresh graph the boundary rule skips itself with exit code 0, and an untagged project passes it.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { faultsOfStrays, faultsOfTags } from './lint/check-tags.js';

process.env.NX_DAEMON = 'false';
const { createProjectGraphAsync } = await import('@nx/devkit');

const graph = await createProjectGraphAsync({ exitOnError: true, resetDaemonClient: true });
const projects = Object.values(graph.nodes).map(({ name, data }) => ({
  name,
  root: data.root,
  tags: data.tags?.filter((tag) => !tag.startsWith('npm:')) ?? [],
}));
const faults = [
  ...faultsOfTags(projects),
  ...(await faultsOfStrays(
    process.cwd(),
    projects.map(({ root }) => root),
  )),
];
for (const fault of faults) console.error(`tags: ${fault}`);
if (faults.length > 0) process.exit(1);

const eslint = join(dirname(createRequire(import.meta.url).resolve('eslint/package.json')), 'bin/eslint.js');
const paths = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [eslint, '--max-warnings=0', '--no-warn-ignored', ...(paths.length > 0 ? paths : ['.'])],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
process.exit(status ?? 1);
