import { setTimeout as delay } from 'node:timers/promises';
import { startColumn, type Column } from '@causeway/e2e';
import { engineNames, startEngines } from '@causeway/testing/engines';
import type { Benchmark, Measure } from '../harness/benchmark.js';
import { median } from '../harness/statistics.js';
import { processTree } from '../machine/process-tree.js';
import { measurePostgresLog } from './postgres-log.js';

const PORT_BASE = 8700;
/** Groups have formed, code is compiled, the pools have shrunk. */
const SETTLE_MS = 20_000;
const MEASURE_MS = 30_000;
/** As services have it by default; tests have a shorter one, and beat more often for it. */
const BROKER_SESSION_MS = 15_000;

/** What the log in PostgreSQL, and the six services of the production column, use while nobody uses them. */
export const idleBenchmark: Benchmark = {
  name: 'idle',
  async run({ rounds, budgetMs, log }) {
    const running = await startEngines(new Set(engineNames));
    try {
      const missing = engineNames.filter((name) => running.engines.ranOn[name].startsWith('not run'));
      if (missing.length > 0) {
        log(`idle: left out, it needs ${missing.join(', ')}`);
        return [];
      }
      log('idle: the log in PostgreSQL');
      const ofLog = await measurePostgresLog(running.engines, rounds);
      const column = await startColumn('production', running.engines, {
        portBase: PORT_BASE,
        custody: 'gatekeeper',
        brokerSessionMs: BROKER_SESSION_MS,
      });
      try {
        await delay(SETTLE_MS);
        return [...measuresOf(await measureRounds(column, rounds, budgetMs, log)), ofLog];
      } finally {
        await column.stop();
      }
    } finally {
      await running.stop();
    }
  },
};

/** Percent of a core, by service. */
type Use = Readonly<Record<string, number>>;

async function measureRounds(
  column: Column,
  rounds: number,
  budgetMs: number,
  log: (line: string) => void,
): Promise<Use[]> {
  const results: Use[] = [];
  const until = performance.now() + budgetMs;
  do {
    log(`idle: round ${results.length + 1}`);
    results.push(await measure(column));
  } while (results.length < rounds && performance.now() + MEASURE_MS <= until);
  return results;
}

async function measure({ units }: Column): Promise<Use> {
  const used = () => new Map(units.map(({ name, pid }) => [name, processTree(pid ?? 0).cpuMs]));
  const before = used();
  const startedAt = performance.now();
  await delay(MEASURE_MS);
  const elapsed = performance.now() - startedAt;
  return Object.fromEntries(
    [...used()].map(([name, cpuMs]) => [name, ((cpuMs - (before.get(name) ?? 0)) / elapsed) * 100]),
  );
}

function measuresOf(rounds: readonly Use[]): Measure[] {
  const sum = (use: Use) => Object.values(use).reduce((total, one) => total + one, 0);
  const note = `${rounds.length} rounds of ${MEASURE_MS / 1000} s`;
  const names = Object.keys(rounds[0] ?? {});
  return [
    { name: 'six services', unit: '%', ours: median(rounds.map(sum)), goal: 2, note: `${note}, of a core` },
    ...names.map((name): Measure => {
      return { name, unit: '%', ours: median(rounds.map((use) => use[name] ?? 0)), note };
    }),
  ];
}
