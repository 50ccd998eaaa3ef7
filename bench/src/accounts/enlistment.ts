import { setTimeout as delay } from 'node:timers/promises';
import { BareUser, newPublicKeys } from '@causeway/e2e';
import type { Benchmark, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median, percentile } from '../harness/statistics.js';
import { startSystem } from '../latency/systems.js';

const PORT_BASE = 8750;
const PER_SECOND = 50;
const USERS = 250;
/** Users who are made ready at the same time. */
const AT_ONCE = 10;
const GOAL_MS = 50;

interface Round {
  readonly latenciesMs: readonly number[];
  readonly cpuMs: number;
}

/** From the consent to the enlistment, with the simulator's own verification of token and keys in between. */
export const enlistmentBenchmark: Benchmark = {
  name: 'enlistment',
  async run(options) {
    const system = await startSystem('embedded', PORT_BASE);
    try {
      const rounds = await interleave(['all'], options, async (_, round) => {
        const users = await newUsers(system.endpoints);
        options.log(`enlistment: round ${round + 1}, ${USERS} users at ${PER_SECOND}/s`);
        return optInAll(users);
      });
      return measuresOf(rounds.get('all') ?? []);
    } finally {
      await system.stop();
    }
  },
};

async function newUsers(endpoints: Parameters<typeof BareUser.register>[0]): Promise<readonly BareUser[]> {
  const users: BareUser[] = [];
  // The keys of one device serve all: nobody sends anything to them.
  const keys = newPublicKeys();
  while (users.length < USERS) {
    const batch = Array.from({ length: AT_ONCE }, () => BareUser.register(endpoints, keys));
    users.push(...(await Promise.all(batch)));
  }
  return users;
}

/** Begins an opt-in at each beat, whether or not the ones before are done. */
async function optInAll(users: readonly BareUser[]): Promise<Round> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const latencies = users.map(async (user, index) => {
    const atMs = startedMs + (index * 1_000) / PER_SECOND;
    await delay(Math.max(0, atMs - performance.now()));
    const { body } = await user.optIn();
    if (body['state'] !== 'enlisted') throw new Error(`an opt-in ended as ${String(body['state'])}`);
    return performance.now() - atMs;
  });
  const latenciesMs = await Promise.all(latencies);
  const { user, system } = process.cpuUsage(cpu);
  return { latenciesMs, cpuMs: (user + system) / 1_000 / users.length };
}

function measuresOf(rounds: readonly Round[]): Measure[] {
  const note = `median of ${rounds.length} rounds of ${USERS} users at ${PER_SECOND}/s`;
  const of = (share: number) => median(rounds.map(({ latenciesMs }) => percentile(latenciesMs, share)));
  const cpuMsPerOperation = median(rounds.map(({ cpuMs }) => cpuMs));
  return [
    {
      name: 'opt-in to enlisted, p99',
      unit: 'ms',
      ours: of(0.99),
      cpuMsPerOperation,
      goal: GOAL_MS,
      note: `${note}; one process with everything, the simulator and the users too`,
    },
    { name: '  p50', unit: 'ms', ours: of(0.5), note },
  ];
}
