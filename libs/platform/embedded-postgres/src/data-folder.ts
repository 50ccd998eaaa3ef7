import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { requireAccess, type Account } from './account.js';
import type { Binaries } from './binaries.js';
import { EmbeddedPostgresError } from './errors.js';
import { run } from './run.js';

/** Where things lie under the caller's data folder. */
export interface DataFolder {
  readonly root: string;
  readonly cluster: string;
  readonly passwordFile: string;
  readonly ownerFile: string;
  readonly logFile: string;
}

/**
 * Creates the folder (0700, owned by the database's account) when it is missing. Throws `folder_not_accessible` and
 * `folder_not_empty`.
 */
export function prepareFolder(root: string, account: Account): DataFolder {
  requireAccess(account, join(root, 'cluster'));
  requireOurs(root);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    if (account.uid !== undefined && account.gid !== undefined) chownSync(root, account.uid, account.gid);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new EmbeddedPostgresError(
      'folder_not_accessible',
      `The data folder ${root} cannot be created: ${code}.`,
    );
  }
  return {
    root,
    cluster: join(root, 'cluster'),
    passwordFile: join(root, 'password'),
    ownerFile: join(root, 'owner'),
    logFile: join(root, 'postgres.log'),
  };
}

/** The folder changes hands below: never one that somebody keeps other things in. */
function requireOurs(root: string): void {
  if (!existsSync(root)) return;
  const entries = readdirSync(root);
  if (entries.length === 0 || entries.includes('password')) return;
  throw new EmbeddedPostgresError(
    'folder_not_empty',
    `The folder ${root} holds something that is not a database of ours: choose an empty one.`,
  );
}

/** Creates the cluster when there is none; refuses one of another major version with `data_version`. */
export async function ensureCluster(folder: DataFolder, binaries: Binaries, account: Account): Promise<void> {
  const versionFile = join(folder.cluster, 'PG_VERSION');
  if (!existsSync(versionFile)) return createCluster(folder, binaries, account);
  const ours = await majorVersion(binaries, account, folder.root);
  const theirs = readFileSync(versionFile, 'utf8').trim();
  if (ours === theirs) return;
  throw new EmbeddedPostgresError(
    'data_version',
    `The data in ${folder.root} belongs to PostgreSQL ${theirs}, this is PostgreSQL ${ours}: move the folder away or delete it.`,
  );
}

export function readPassword(folder: DataFolder): string {
  try {
    return readFileSync(folder.passwordFile, 'utf8').trim();
  } catch {
    throw new EmbeddedPostgresError(
      'folder_not_accessible',
      `The password file ${folder.passwordFile} is missing: delete ${folder.root} to start with an empty database.`,
    );
  }
}

async function createCluster(folder: DataFolder, binaries: Binaries, account: Account): Promise<void> {
  requireAccess(account, binaries.initdb);
  // Built beside its place and then renamed: a start that is killed here leaves nothing that looks finished.
  const unfinished = `${folder.cluster}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(folder.cluster, { recursive: true, force: true });
  writeFileSync(folder.passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined)
    chownSync(folder.passwordFile, account.uid, account.gid);
  const { exitCode, output } = await run(
    binaries.initdb,
    [
      ...['-D', unfinished, '-U', 'postgres', '-E', 'UTF8', '--no-instructions'],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
      ...['--auth-host=scram-sha-256', '--auth-local=reject', `--pwfile=${folder.passwordFile}`],
    ],
    { account, cwd: folder.root, timeoutMs: 120_000 },
  );
  if (exitCode !== 0) {
    const lines = output.trim().split('\n');
    const reason = lines.findLast((line) => line.includes('error:')) ?? lines.at(-1) ?? 'no output';
    throw new EmbeddedPostgresError(
      'start_failed',
      `The database could not be created in ${folder.root}: ${reason}`,
    );
  }
  renameSync(unfinished, folder.cluster);
}

async function majorVersion(binaries: Binaries, account: Account, cwd: string): Promise<string> {
  const { output } = await run(binaries.initdb, ['--version'], { account, cwd, timeoutMs: 10_000 });
  return /(\d+)(?:\.|beta|rc|devel)/.exec(output)?.[1] ?? 'unknown';
}
