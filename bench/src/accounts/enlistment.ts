import { setTimeout as delay } from 'node:timers/promises';
import { BareUser, newPublicKeys } from '@causeway/e2e';
import type { Benchmark, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median, percentile } from '../harness/statistics.js';
import { startSystem } from '../latency/systems.js';

const PORT_BASE = 8750;
const PER_SECOND = 50;
const USERS = 250;
/** Users who opt in one after another, when nobody else does. */
const ALONE = 50;
/** Users who are made ready at the same time. */
const AT_ONCE = 10;
const GOAL_MS = 50;

interface Round {
  readonly latenciesMs: readonly number[];
  readonly cpuMs: number;
  /** Share of the time in which the event loop, which is one for everything, had work. */
  readonly busy: number;
}

/** From the consent to the enlistment, with the simulator's own verification of token and keys in between. */
export const enlistmentBenchmark: Benchmark = {
  name: 'enlistment',
  async run(options) {
    const system = await startSystem('embedded', PORT_BASE);
    try {
      const rounds = await interleave(['all', 'alone'] as const, options, async (variant, round) => {
        const users = await newUsers(system.endpoints, variant === 'all' ? USERS : ALONE);
        const how = variant === 'all' ? `at ${PER_SECOND}/s` : 'one after another';
        options.log(`enlistment: round ${round + 1}, ${users.length} users ${how}`);
        return variant === 'all' ? optInAll(users) : optInAlone(users);
      });
      return measuresOf(rounds.get('all') ?? [], rounds.get('alone') ?? []);
    } finally {
      await system.stop();
    }
  },
};

async function newUsers(
  endpoints: Parameters<typeof BareUser.register>[0],
  count: number,
): Promise<readonly BareUser[]> {
  const users: BareUser[] = [];
  // The keys of one device serve all: nobody sends anything to them.
  const keys = newPublicKeys();
  while (users.length < count) {
    const batch = Array.from({ length: AT_ONCE }, () => BareUser.register(endpoints, keys));
    users.push(...(await Promise.all(batch)));
  }
  return users;
}

/** Begins an opt-in at each beat, whether or not the ones before are done. */
function optInAll(users: readonly BareUser[]): Promise<Round> {
  return measured(async () => {
    const startedMs = performance.now();
    const latencies = users.map(async (user, index) => {
      const atMs = startedMs + (index * 1_000) / PER_SECOND;
      await delay(Math.max(0, atMs - performance.now()));
      return optIn(user, atMs);
    });
    return Promise.all(latencies);
  });
}

/** What an opt-in takes when nothing waits for anything else. */
function optInAlone(users: readonly BareUser[]): Promise<Round> {
  return measured(async () => {
    const latencies: number[] = [];
    for (const user of users) latencies.push(await optIn(user, performance.now()));
    return latencies;
  });
}

/** @returns milliseconds since it was due */
async function optIn(user: BareUser, dueMs: number): Promise<number> {
  const { body } = await user.optIn();
  if (body['state'] !== 'enlisted') throw new Error(`an opt-in ended as ${String(body['state'])}`);
  return performance.now() - dueMs;
}

async function measured(work: () => Promise<readonly number[]>): Promise<Round> {
  const [cpu, loop] = [process.cpuUsage(), performance.eventLoopUtilization()];
  const latenciesMs = await work();
  const { user, system } = process.cpuUsage(cpu);
  const busy = performance.eventLoopUtilization(loop).utilization;
  return { latenciesMs, cpuMs: (user + system) / 1_000 / latenciesMs.length, busy };
}

function measuresOf(all: readonly Round[], alone: readonly Round[]): Measure[] {
  const of = (rounds: readonly Round[], share: number) =>
    median(rounds.map(({ latenciesMs }) => percentile(latenciesMs, share)));
  const cpuOf = (rounds: readonly Round[]) => median(rounds.map(({ cpuMs }) => cpuMs));
  const busy = (median(all.map((round) => round.busy)) * 100).toFixed(0);
  const note = `median of ${all.length} rounds of ${USERS} users at ${PER_SECOND}/s`;
  return [
    {
      name: 'opt-in to enlisted, p99',
      unit: 'ms',
      ours: of(all, 0.99),
      cpuMsPerOperation: cpuOf(all),
      goal: GOAL_MS,
      note: `${note}; one process with everything, the simulator and the users too: its event loop is ${busy} % busy`,
    },
    { name: '  p50', unit: 'ms', ours: of(all, 0.5), note },
    {
      name: '  one after another',
      unit: 'ms',
      ours: of(alone, 0.5),
      cpuMsPerOperation: cpuOf(alone),
      note: `median of ${ALONE} users, of whom none waits for another; p99 ${of(alone, 0.99).toFixed(0)} ms`,
    },
  ];
}
