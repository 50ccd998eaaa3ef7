import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @returns a new folder that the database's own account can enter, also where this runs as root. */
export function newDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  chmodSync(folder, 0o755);
  return folder;
}
