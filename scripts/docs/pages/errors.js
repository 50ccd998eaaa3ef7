import { code, page, table } from '../markdown.js';
import { endingsPart } from './endings.js';

const introduction =
  'HTTP answers are `application/problem+json` with the code as `code`; on a device’s socket it stands in `refused` and `session` frames. A code never changes its meaning.';

/**
 * @param {import('../sources.js').Sources['errors']} owners
 * @param {import('./endings.js').Endings} endings of upstream connections
 * @throws {TypeError} when two owners declare the same code
 */
export function errorsPage(owners, endings) {
  /** @type {Map<string, string>} */
  const seen = new Map();
  const parts = owners.flatMap(([owner, errors]) => {
    const rows = Object.entries(errors).map(([name, { status, meaning }]) => {
      const other = seen.get(name);
      if (other !== undefined) throw new TypeError(`error code ${name} is declared by ${other} and ${owner}`);
      seen.set(name, owner);
      return [code(name), String(status), meaning];
    });
    return [`## ${owner}`, table(['code', 'status', 'meaning'], rows)];
  });
  return page('Error codes', [introduction, ...parts, ...endingsPart(endings)]);
}
