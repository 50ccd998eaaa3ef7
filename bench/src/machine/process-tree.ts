import { readdirSync, readFileSync } from 'node:fs';

/** A tick of the times in /proc: USER_HZ is 100 on every Linux that Node supports. */
const TICK_MS = 10;
const PAGE = 4096;

/** What a process and all below it have used. */
export interface ProcessUse {
  readonly processes: number;
  /** Processor time since their start, user and system. */
  readonly cpuMs: number;
  /** Memory in use; pages that several share count in each. */
  readonly rssMb: number;
  /** Memory in use; pages that several share are divided among them. */
  readonly pssMb: number;
}

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
  readonly rssMb: number;
}

const MB = 1024 * 1024;

/** Whether this system tells what processes use (Linux). */
export const canMeasureProcesses = process.platform === 'linux';

/** @returns what a process and its descendants use now; nothing when it is not there */
export function processTree(pid: number): ProcessUse {
  const entries = readEntries();
  const members = entries.filter((entry) => entry.pid === pid);
  for (const { pid: parent } of members) members.push(...entries.filter((entry) => entry.parent === parent));
  const sum = (of: (entry: Entry) => number) => members.reduce((total, entry) => total + of(entry), 0);
  return {
    processes: members.length,
    cpuMs: sum(({ cpuMs }) => cpuMs),
    rssMb: sum(({ rssMb }) => rssMb),
    pssMb: sum((entry) => pssMb(entry.pid)),
  };
}

function readEntries(): Entry[] {
  if (!canMeasureProcesses) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The second field is the command in brackets, which may itself hold brackets and blanks.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields.length < 22) return [];
      const at = (index: number) => Number(fields[index]);
      const cpuMs = (at(11) + at(12)) * TICK_MS;
      return [{ pid: Number(name), parent: at(1), cpuMs, rssMb: (at(21) * PAGE) / MB }];
    });
}

function pssMb(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

/** A process may end at any time: then nothing is read of it. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
