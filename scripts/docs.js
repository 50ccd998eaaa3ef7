/**
 * `npm run docs` writes the generated reference pages, `npm run docs:check` compares them and names those that differ.
 * Both need a build: what a page says comes from the code that runs.
 */
import { join } from 'node:path';
import { checkPages, readPage, writePages } from './docs/folder.js';
import { renderPages } from './docs/render-pages.js';
import { loadSources } from './docs/sources.js';

const workspace = join(import.meta.dirname, '..');
const folder = join(workspace, 'docs');
const pages = renderPages(await loadSources(workspace));

if (process.argv.includes('--check')) {
  const read = (/** @type {string} */ name) => readPage(folder, name);
  process.exitCode = checkPages(pages, read, (line) => console.error(line));
} else {
  writePages(folder, pages);
  console.log(`${pages.size} pages in docs`);
}
