import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mayImportScopes, mayImportTypes } from './boundaries.js';

const dimensions = { type: Object.keys(mayImportTypes), scope: Object.keys(mayImportScopes) };
const sourceFolders = ['libs', 'apps', 'e2e', 'bench'];
const notSource = new Set(['node_modules', 'dist', 'generated']);

/**
 * The boundary rule judges an import by the tags of both ends and lets everything pass that has none. So each project
 * carries exactly one known tag per dimension.
 * @param {{ name: string, root: string, tags: readonly string[] }[]} projects
 * @returns {string[]} one line per fault
 */
export function faultsOfTags(projects) {
  if (projects.length === 0) return ['the workspace has no projects'];
  return projects.flatMap(({ name, tags }) => [
    ...Object.entries(dimensions).flatMap(([dimension, known]) => {
      const own = tags.filter((tag) => tag.startsWith(`${dimension}:`));
      if (own.length !== 1)
        return [`${name}: needs exactly one ${dimension}: tag, has ${own.join(', ') || 'none'}`];
      return known.includes(own[0].slice(dimension.length + 1)) ? [] : [`${name}: unknown tag ${own[0]}`];
    }),
    ...tags
      .filter((tag) => !Object.keys(dimensions).some((dimension) => tag.startsWith(`${dimension}:`)))
      .map((tag) => `${name}: unknown tag ${tag}`),
  ]);
}

/**
 * TypeScript files that belong to no project, which the boundary rule would skip without a word.
 * @param {string} workspace folder of the workspace
 * @param {string[]} roots project folders, relative to it
 * @returns {Promise<string[]>} one line per fault
 */
export async function faultsOfStrays(workspace, roots) {
  const faults = [];
  const pending = [...sourceFolders];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (roots.includes(folder)) continue;
    for (const entry of await readdir(join(workspace, folder), { withFileTypes: true }).catch(() => [])) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && !notSource.has(entry.name)) pending.push(path);
      else if (/\.[cm]?tsx?$/.test(entry.name)) faults.push(`${path}: belongs to no project`);
    }
  }
  return faults.sort();
}
