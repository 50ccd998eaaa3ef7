import { interleave } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { unhurried } from './login.js';
import { ClientProcess } from './login-process.js';
import type { SessionWorld } from './login-world.js';

/** The first signs of life are due so long after the logins, the last of their round so long after that. */
const settleMs = 15_000;
const restMs = 30_000;

interface Sample {
  readonly rssKb: number;
  readonly heapKb: number;
  readonly idlePercent: number;
}

/** What sessions that are open and silent take: memory, and processor time. A process of its own for each round. */
export async function measureMemoryAndIdle(
  world: SessionWorld,
  { rounds, budgetMs, log }: BenchmarkOptions,
): Promise<Measure[]> {
  const { sessions } = world;
  const results = await interleave(
    ['ours', 'bare'] as const,
    { rounds, budgetMs },
    async (variant, round) => {
      log(`session: memory of ${sessions} sessions, ${variant}, round ${round + 1}`);
      return sample(world, variant);
    },
  );
  const of = (variant: 'ours' | 'bare', field: keyof Sample) =>
    median((results.get(variant) ?? []).map((one) => one[field]));
  const note = `${results.get('ours')?.length ?? 0} rounds of ${sessions} sessions`;
  return [
    {
      name: 'memory per idle session',
      unit: 'KB',
      ours: of('ours', 'rssKb'),
      baseline: of('bare', 'rssKb'),
      ratioGoal: { most: 0.9 },
      note: `${note}; resident, after garbage collection; baseline @xmpp/client over TLS`,
    },
    {
      name: 'heap per idle session',
      unit: 'KB',
      ours: of('ours', 'heapKb'),
      baseline: of('bare', 'heapKb'),
      note,
    },
    {
      name: `idle cost of ${sessions} sessions`,
      unit: '%',
      ours: of('ours', 'idlePercent'),
      baseline: of('bare', 'idlePercent'),
      goal: 1,
      note: `of a core, over ${restMs / 1000} s; both ask for signs of life, ours every 25 to 30 s, the baseline every 30 s`,
    },
  ];
}

async function sample(world: SessionWorld, variant: 'ours' | 'bare'): Promise<Sample> {
  const { target, ca } = variant === 'ours' ? world.ours(unhurried) : world.bare('PLAIN');
  const clients = ClientProcess.start(target, ca);
  try {
    // What the first session loads belongs to none.
    await clients.run({ do: 'log-in', first: world.sessions, count: 1, perSecond: 1_000 });
    const before = await clients.run({ do: 'rest', ms: 500 });
    await clients.run({ do: 'log-in', first: 0, count: world.sessions, perSecond: 1_000 });
    const after = await clients.run({ do: 'rest', ms: 2_000 });
    await clients.run({ do: 'rest', ms: settleMs });
    const idle = await clients.run({ do: 'rest', ms: restMs });
    return {
      rssKb: (after.rssKb - before.rssKb) / world.sessions,
      heapKb: (after.heapKb - before.heapKb) / world.sessions,
      idlePercent: (idle.cpuMs / idle.wallMs) * 100,
    };
  } finally {
    await clients.stop();
  }
}
