import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { processTree, type ProcessUse } from '../machine/process-tree.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const GIVE_UP_MS = 120_000;

/** Lines by which `causeway start` tells how far it is, and what has been done when each appears. */
const milestones = {
  process: /^starting$/,
  PostgreSQL: /^PostgreSQL started/,
  schema: /^the database is up to date$/,
  services: /^six services are listening$/,
  'opt-in': /^✓ opt-in /,
  enlist: /^✓ enlist /,
  'first message': /^✓ text-out /,
  'main job': /^It works\./,
} as const;

export type Milestone = keyof typeof milestones;
export const milestoneNames = Object.keys(milestones) as Milestone[];

/** One start up to the end of the main job. */
export interface StartedRun {
  /** Milliseconds from the start of the process to each milestone. */
  readonly at: Readonly<Record<Milestone, number>>;
  /** Processor time of the process up to the first message. */
  readonly cpuMs: number;
  /** After the main job: the process itself, and PostgreSQL beside it. */
  readonly use: { readonly own: ProcessUse; readonly postgres: ProcessUse };
}

/** Runs `causeway start` in a data folder, waits for the main job, measures and ends it. */
export async function startOnce(dataDir: string, portBase: number): Promise<StartedRun> {
  const startedAt = performance.now();
  const args = ['--data-root', dataDir, 'start', '--port-base', String(portBase)];
  const child = spawn(process.execPath, [join(root, 'apps/cli/bin/causeway.js'), ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  try {
    return await follow(child, dataDir, startedAt);
  } finally {
    await end(child);
    process.off('exit', abandon);
  }
}

async function follow(child: ChildProcess, dataDir: string, startedAt: number): Promise<StartedRun> {
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null) throw new Error('causeway start cannot be run');
  const errors: string[] = [];
  stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString('utf8')));
  const giveUp = setTimeout(() => child.kill('SIGTERM'), GIVE_UP_MS);
  const at: Partial<Record<Milestone, number>> = {};
  let cpuMs = 0;
  try {
    for await (const line of createInterface({ input: stdout })) {
      const reached = milestoneNames.find((name) => milestones[name].test(line.trim()));
      if (reached !== undefined) at[reached] = performance.now() - startedAt;
      if (reached === 'first message') cpuMs = processTree(pid).cpuMs;
      if (reached === 'main job') {
        const use = { own: processTree(pid), postgres: processTree(postmasterOf(dataDir)) };
        // All milestones but the last came before it, else the main job would have failed.
        return { at: at as Record<Milestone, number>, cpuMs, use };
      }
      if (line.includes('The main job failed')) break;
    }
  } finally {
    clearTimeout(giveUp);
  }
  const missing = milestoneNames.find((name) => at[name] === undefined);
  throw new Error(`causeway start did not get to "${missing}": ${errors.join('').trim()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // What it still prints must not fill the pipe.
  child.stdout?.resume();
  child.kill('SIGTERM');
  await gone;
}

function postmasterOf(dataDir: string): number {
  const [pid = ''] = readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n');
  return Number(pid);
}
