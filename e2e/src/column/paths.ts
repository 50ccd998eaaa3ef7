import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The simulator's profile, whose addresses are known only when it runs. */
export const profileTemplate = join(root, 'deploy/profiles/simulator.yaml');

/** @returns the built entry of a service. */
export function serviceEntry(service: string): string {
  return join(root, 'apps', service, 'dist/main.js');
}

/** Built entry of the process that runs the embedded column. */
export const embeddedEntry = join(root, 'e2e/dist/column/embedded-main.js');

/** The `causeway` command. */
export const commandEntry = join(root, 'apps/cli/bin/causeway.js');

/** @returns a new folder that the database's own account can enter, also where tests run as root. */
export function newDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-e2e-'));
  chmodSync(folder, 0o755);
  return folder;
}
