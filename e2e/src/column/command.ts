import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Column } from './column.js';
import { commandEntry } from './paths.js';

/** Runs the `causeway` command as an operator of a production column does. @returns what it wrote to stdout */
export function causeway(column: Column, ...argv: readonly string[]): Promise<string> {
  return column.readDatabase(async (url) => {
    const environment = { ...process.env, CAUSEWAY_ADMIN_DATABASE_URL: url };
    const { stdout } = await promisify(execFile)(process.execPath, [commandEntry, ...argv], {
      env: environment,
    });
    return stdout;
  });
}
