import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { databaseAccount } from './account.js';
import { findBinaries } from './binaries.js';
import { ensureCluster, prepareFolder, readPassword, type DataFolder } from './data-folder.js';
import { isAlive, runningPostmaster } from './postmaster.js';
import { dataInUse, requireFreePort, startServer, stopServer } from './server.js';

export interface EmbeddedPostgresOptions {
  /** Kept between runs; created when missing. Holds the cluster, its password and the server's log. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Told in one line what was done. */
  readonly log: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** Superuser's URL of the database `postgres`, password included. */
  readonly url: string;
  /** Fast shutdown. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL that belongs to this process but not to its process group: it ends by `stop()` alone. One that a
 * killed process left behind is adopted when it listens on the same port, else stopped. Throws EmbeddedPostgresError.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { port, log } = options;
  const binaries = await findBinaries();
  const account = databaseAccount();
  const folder = prepareFolder(resolve(options.dataDir), account);
  const orphan = runningPostmaster(folder.cluster);
  if (orphan !== undefined) requireDeadOwner(folder);
  await ensureCluster(folder, binaries, account);
  if (orphan?.ready === true && orphan.port === port) {
    log(`adopted the PostgreSQL left running on port ${port}`);
  } else {
    if (orphan !== undefined) {
      await stopServer(folder, binaries, account);
      log('stopped the PostgreSQL left running by an earlier process');
    }
    await requireFreePort(port);
    await startServer(folder, binaries, account, port);
    log(`PostgreSQL started on port ${port}`);
  }
  writeFileSync(folder.ownerFile, `${process.pid}\n`, { mode: 0o600 });
  let stopping: Promise<void> | undefined;
  return {
    url: `postgres://postgres:${readPassword(folder)}@127.0.0.1:${port}/postgres`,
    stop: () =>
      (stopping ??= stopServer(folder, binaries, account).then(() => {
        rmSync(folder.ownerFile, { force: true });
        log('PostgreSQL stopped');
      })),
  };
}

/** A running server whose process still lives is not an orphan. */
function requireDeadOwner(folder: DataFolder): void {
  let owner: number;
  try {
    owner = Number(readFileSync(folder.ownerFile, 'utf8'));
  } catch {
    return;
  }
  if (Number.isInteger(owner) && owner > 0 && isAlive(owner)) throw dataInUse(folder.root, owner);
}
