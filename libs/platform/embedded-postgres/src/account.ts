import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EmbeddedPostgresError } from './errors.js';

/** The system account under which the database runs; undefined ids mean "as this process". */
export interface Account {
  readonly name: string;
  readonly uid?: number;
  readonly gid?: number;
}

function lookUp(name: string): Account | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { name, uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** PostgreSQL refuses to run as root, so root hands it to `postgres`, or to `nobody` where there is no such account. */
export function databaseAccount(): Account {
  if (process.getuid?.() !== 0) return { name: 'the current user' };
  const account = lookUp('postgres') ?? lookUp('nobody');
  if (account === undefined) {
    throw new EmbeddedPostgresError(
      'start_failed',
      'PostgreSQL cannot run as root and there is neither a user postgres nor nobody: start as an ordinary user.',
    );
  }
  return account;
}

/** Throws `folder_not_accessible`, naming the first folder on the way to `path` that the account cannot enter. */
export function requireAccess(account: Account, path: string): void {
  if (account.uid === undefined) return;
  const folders: string[] = [];
  for (let folder = resolve(path); folder !== dirname(folder); folder = dirname(folder))
    folders.unshift(dirname(folder));
  for (const folder of folders) {
    // What is not there yet will be made, and given to the account.
    if (!existsSync(folder)) return;
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) !== 0) continue;
    throw new EmbeddedPostgresError(
      'folder_not_accessible',
      `As root the database runs as user ${account.name}, who cannot enter ${folder}: move the project elsewhere, or start as an ordinary user.`,
    );
  }
}
