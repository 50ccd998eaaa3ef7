import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './errors.js';
import { run } from './run.js';

/**
 * Small and quick, but durable: fsync and synchronous commit stay on. No Unix socket and loopback only, so that the
 * password is the one way in. Terse errors keep row values out of the log.
 */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: "''",
  shared_buffers: '32MB',
  max_connections: '120',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
  io_method: 'sync',
  max_parallel_workers_per_gather: '0',
  autovacuum_max_workers: '1',
  huge_pages: 'off',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** Throws `port_in_use` when something listens on the loopback port. */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(portInUse(port)));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve()));
  });
}

/** Starts the server and waits until it accepts connections. Throws `start_failed`, `port_in_use`, `data_in_use`. */
export async function startServer(
  folder: DataFolder,
  binaries: Binaries,
  account: Account,
  port: number,
): Promise<void> {
  rmSync(folder.logFile, { force: true });
  const options = Object.entries({ ...settings, port: String(port) }).map(
    ([name, value]) => `-c ${name}=${value}`,
  );
  const { exitCode } = await run(
    binaries.pgCtl,
    ['start', '-w', '-t', '60', '-D', folder.cluster, '-l', folder.logFile, '-o', options.join(' ')],
    { account, cwd: folder.root, timeoutMs: 70_000 },
  );
  if (exitCode === 0) return;
  const log = readLog(folder);
  if (/could not bind/.test(log)) throw portInUse(port);
  if (/lock file "postmaster.pid" already exists/.test(log)) throw dataInUse(folder.root);
  const reason =
    log.split('\n').findLast((line) => /FATAL|PANIC|error/.test(line)) ?? 'it did not become ready';
  throw new EmbeddedPostgresError(
    'start_failed',
    `The database in ${folder.root} did not start: ${reason.trim()}`,
  );
}

/** Fast shutdown; immediate (crash recovery at the next start) when that takes over half a minute. */
export async function stopServer(folder: DataFolder, binaries: Binaries, account: Account): Promise<void> {
  for (const mode of ['fast', 'immediate']) {
    const { exitCode, output } = await run(
      binaries.pgCtl,
      ['stop', '-w', '-t', '30', '-m', mode, '-D', folder.cluster],
      { account, cwd: folder.root, timeoutMs: 40_000 },
    );
    if (exitCode === 0 || /no server running|PID file .* does not exist/i.test(output)) return;
  }
  throw new EmbeddedPostgresError('start_failed', `The database in ${folder.root} does not stop.`);
}

export function dataInUse(root: string, pid?: number): EmbeddedPostgresError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new EmbeddedPostgresError(
    'data_in_use',
    `The data folder ${root} is in use by ${who}: stop it first.`,
  );
}

function portInUse(port: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'port_in_use',
    `Port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port for the database.`,
  );
}

function readLog(folder: DataFolder): string {
  try {
    return readFileSync(folder.logFile, 'utf8').slice(-16_384);
  } catch {
    return '';
  }
}
