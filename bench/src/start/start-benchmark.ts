import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Benchmark, BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import { newDataDir } from '../machine/data-dir.js';
import { milestoneNames, startOnce, type Milestone, type StartedRun } from './started-run.js';

const PORT_BASE = 8600;
const START_GOAL_MS = 10_000;
const MEMORY_GOAL_MB = 400;
const root = fileURLToPath(new URL('../../..', import.meta.url));

type Variant = 'first' | 'again';

/** `npm start`, once built, to the first delivered message; and the memory it then takes. */
export const startBenchmark: Benchmark = {
  name: 'start',
  async run(options) {
    let dataDir = newDataDir();
    try {
      const builds: number[] = [];
      const results = await interleaveStarts(options, builds, async (variant) => {
        if (variant === 'first') {
          rmSync(dataDir, { recursive: true, force: true });
          dataDir = newDataDir();
        }
        return startOnce(dataDir, PORT_BASE);
      });
      return measuresOf(results, median(builds));
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};

/** A round is a start in an empty folder and a second one in the same folder: the order cannot be turned around. */
async function interleaveStarts(
  options: BenchmarkOptions,
  builds: number[],
  start: (variant: Variant) => Promise<StartedRun>,
): Promise<Record<Variant, StartedRun[]>> {
  const rounds = await interleave(['both'], options, async (_, round) => {
    options.log(`start: round ${round + 1}`);
    builds.push(checkBuild());
    return { first: await start('first'), again: await start('again') };
  });
  const all = rounds.get('both') ?? [];
  return { first: all.map(({ first }) => first), again: all.map(({ again }) => again) };
}

/** What npm and the check that everything is built take before the process begins. @returns milliseconds */
function checkBuild(): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync('npm', ['run', '-s', 'prestart'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build check failed: ${stderr}`);
  return performance.now() - startedAt;
}

function measuresOf(runs: Record<Variant, StartedRun[]>, buildMs: number): Measure[] {
  const note = `median of ${runs.first.length}`;
  const split = (variant: Variant, name: Milestone) =>
    median(runs[variant].map(({ at }) => at[name] - beginOf(name, at)));
  const total = (variant: Variant) => buildMs + median(runs[variant].map(({ at }) => at['first message']));
  const cpu = (variant: Variant) => median(runs[variant].map(({ cpuMs }) => cpuMs));
  const upToMessage = milestoneNames.filter((name) => name !== 'main job');
  return [
    startMeasure('npm start to first message', total('first'), cpu('first'), `${note}, empty data folder`),
    startMeasure(
      'the same, started again',
      total('again'),
      cpu('again'),
      `${note}, data folder of an earlier run`,
    ),
    { name: '  npm and build check', unit: 'ms', ours: buildMs, note },
    ...upToMessage.map((name): Measure => {
      const ours = split('first', name);
      return {
        name: `  ${name}`,
        unit: 'ms',
        ours,
        note: `started again: ${Math.round(split('again', name))} ms`,
      };
    }),
    ...memoryMeasures(runs.first, note),
  ];
}

function startMeasure(name: string, ours: number, cpuMsPerOperation: number, note: string): Measure {
  return { name, unit: 'ms', ours, cpuMsPerOperation, goal: START_GOAL_MS, note };
}

function memoryMeasures(runs: readonly StartedRun[], note: string): Measure[] {
  const middle = (of: (use: StartedRun['use']) => number) => median(runs.map(({ use }) => of(use)));
  const whole = middle(({ own, postgres }) => own.pssMb + postgres.pssMb);
  const processes = middle(({ postgres }) => postgres.processes);
  return [
    {
      name: 'memory after the main job',
      unit: 'MB',
      ours: whole,
      goal: MEMORY_GOAL_MB,
      note: `${note}, PSS of all`,
    },
    { name: '  the process', unit: 'MB', ours: middle(({ own }) => own.rssMb), note: 'RSS' },
    {
      name: '  PostgreSQL',
      unit: 'MB',
      ours: middle(({ postgres }) => postgres.pssMb),
      note: `PSS, ${processes} processes`,
    },
  ];
}

function beginOf(name: Milestone, at: StartedRun['at']): number {
  const before = milestoneNames[milestoneNames.indexOf(name) - 1];
  return before === undefined ? 0 : at[before];
}
