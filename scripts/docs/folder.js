import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @param {string} folder @param {string} name @returns {string | undefined} the page as it lies there */
export function readPage(folder, name) {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * @param {ReadonlyMap<string, string>} pages
 * @param {(name: string) => string | undefined} read
 * @param {(line: string) => void} report told of each page that is missing or says something else
 * @returns {0 | 1} the exit code
 */
export function checkPages(pages, read, report) {
  const stale = [...pages].filter(([name, text]) => read(name) !== text);
  for (const [name] of stale) report(`docs/${name} differs from the code: run "npm run docs"`);
  return stale.length === 0 ? 0 : 1;
}

/** @param {string} folder @param {ReadonlyMap<string, string>} pages */
export function writePages(folder, pages) {
  for (const [name, text] of pages) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
