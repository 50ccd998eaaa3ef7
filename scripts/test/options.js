export const suites = ['unit', 'int', 'e2e'];

/**
 * The command line of `npm test -- [--unit] [--int] [--e2e] [--stage NAME] [filters]`. Without a suite it is all three;
 * `--stage` is the same choice as a value, for scripts. Filters are parts of test file paths.
 * @param {string[]} argv arguments after the script's name
 * @returns {{ suites: string[], filters: string[] }}
 * @throws {Error} one line for an unknown option or stage
 */
export function parseOptions(argv) {
  const chosen = new Set();
  const filters = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    const [, stage] = /^--stage=(.*)$/.exec(argument) ?? [];
    const name = argument === '--stage' ? (argv[++index] ?? '') : (stage ?? argument.replace(/^--/, ''));
    if (!argument.startsWith('-')) filters.push(argument);
    else if (suites.includes(name)) chosen.add(name);
    else throw new Error(`npm test: unknown option ${argument}; suites are ${suites.join(', ')}`);
  }
  return { suites: chosen.size === 0 ? suites : suites.filter((suite) => chosen.has(suite)), filters };
}
