import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { eventually } from '@causeway/testing';
import { stackPorts } from 'causeway/stack';

const END_MS = 20_000;

/** A process that works in a folder, or was started from it. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** @returns the processes of a folder; none where the system does not tell (it does on Linux) */
export function processesOf(folder: string): Process[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandOf(name), cwd: readOf(name, 'cwd') }))
    .filter(({ command, cwd }) => command.includes(folder) || cwd.startsWith(folder));
}

/** Ends what a failed test has left running there: as PostgreSQL ends fast, then by force. */
export async function endProcessesOf(folder: string): Promise<void> {
  const ended = () => {
    if (processesOf(folder).length > 0) throw new Error(`processes of ${folder} do not end`);
  };
  signalAll(folder, 'SIGINT');
  await eventually(ended, { deadlineMs: END_MS, everyMs: 100 }).catch(() => signalAll(folder, 'SIGKILL'));
  await eventually(ended);
}

/** @returns the ports of a stack on 127.0.0.1 on which something listens, with the name of what should */
export async function portsTaken(base: number): Promise<string[]> {
  const checked = Object.entries(stackPorts(base)).map(async ([name, port]) =>
    (await isFree(port)) ? [] : [`${port} (${name})`],
  );
  return (await Promise.all(checked)).flat();
}

function signalAll(folder: string, signal: NodeJS.Signals): void {
  for (const { pid } of processesOf(folder)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
}

/** A process may end at any time: then nothing is read of it. */
function readOf(pid: string, link: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${link}`);
  } catch {
    return '';
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
