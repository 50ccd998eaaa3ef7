/**
 * Takes the development dependencies of every project out of the lock file and the manifests, in an image under build.
 * With `--omit=dev --workspace`, npm follows those of linked projects all the same as soon as another workspace has the
 * same package as a dependency proper: an image would hold the clients of the test engines.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** @typedef {{ devDependencies?: object, packages?: Record<string, { devDependencies?: object }> }} Json */

/** @param {string} path @param {(content: Json) => void} change */
function edit(path, change) {
  const file = join(root, path);
  const content = JSON.parse(readFileSync(file, 'utf8'));
  change(content);
  writeFileSync(file, JSON.stringify(content));
}

edit('package-lock.json', ({ packages = {} }) => {
  for (const [project, entry] of Object.entries(packages)) {
    if (project.includes('node_modules')) continue;
    delete entry.devDependencies;
    edit(join(project, 'package.json'), (manifest) => delete manifest.devDependencies);
  }
});
