import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import { ClientProcess } from './login-process.js';
import type { SessionWorld } from './login-world.js';

const variants = ['ours', 'SCRAM-SHA-1', 'PLAIN'] as const;
type Variant = (typeof variants)[number];

/** Logins of one round; those whose key derivation is in JavaScript are few. */
const counts: Readonly<Record<Variant, number>> = { ours: 200, 'SCRAM-SHA-1': 20, PLAIN: 200 };
const warmUp = 20;
/** Above what clients ask for here: nobody waits for a turn. */
export const unhurried = 100;

/** Processor time of a login on the client's side, tokens made beforehand. @returns also ours alone, ms */
export async function measureLogins(
  world: SessionWorld,
  { rounds, budgetMs, log }: BenchmarkOptions,
): Promise<{ readonly measures: Measure[]; readonly loginMs: number }> {
  const results = await interleave(variants, { rounds, budgetMs }, async (variant, round) => {
    log(`session: logins, ${variant}, round ${round + 1}`);
    return sample(world, variant);
  });
  const of = (variant: Variant) => median(results.get(variant) ?? []);
  const note = `${results.get('ours')?.length ?? 0} rounds of ${counts.ours} logins`;
  const measures: Measure[] = [
    {
      name: 'CPU of a login',
      unit: 'ms',
      ours: of('ours'),
      baseline: of('SCRAM-SHA-1'),
      ratioGoal: { most: 0.7 },
      note: `${note}; baseline @xmpp/client with STARTTLS and SCRAM-SHA-1, its key derivation in JavaScript`,
    },
    {
      name: 'CPU of a login, no derivation',
      unit: 'ms',
      ours: of('ours'),
      baseline: of('PLAIN'),
      note: `${note}; baseline @xmpp/client with STARTTLS and PLAIN`,
    },
  ];
  return { measures, loginMs: of('ours') };
}

async function sample(world: SessionWorld, variant: Variant): Promise<number> {
  const { target, ca } = variant === 'ours' ? world.ours(unhurried) : world.bare(variant);
  const clients = ClientProcess.start(target, ca);
  try {
    await clients.run({ do: 'log-in', first: counts[variant], count: warmUp, perSecond: 1_000 });
    const count = counts[variant];
    const { cpuMs } = await clients.run({ do: 'log-in', first: 0, count, perSecond: 1_000 });
    return cpuMs / count;
  } finally {
    await clients.stop();
  }
}
