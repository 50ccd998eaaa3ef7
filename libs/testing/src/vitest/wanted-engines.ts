import { readFileSync } from 'node:fs';
import { engineNames, type EngineName } from '../engines/engines.js';

const mentions: Readonly<Record<EngineName, RegExp>> = {
  postgres: /postgres|createTestDatabase|@causeway\/store/i,
  redis: /redis/i,
  kafka: /kafka/i,
  s3: /\bs3\b/i,
};

/** The engines that these test files speak of. One that is left out by mistake shows as a skipped suite, or fails. */
export function wantedEngines(files: readonly string[]): Set<EngineName> {
  const wanted = new Set<EngineName>();
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const name of engineNames) if (mentions[name].test(text)) wanted.add(name);
  }
  return wanted;
}

/** The file filters of a Vitest command line: what looks like a path. */
export function fileFilters(argv: readonly string[]): string[] {
  return argv.slice(2).filter((argument) => argument.includes('/') && !argument.startsWith('-'));
}
