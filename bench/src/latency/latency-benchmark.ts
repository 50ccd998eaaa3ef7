import { engineNames, startEngines, type RunningEngines } from '@causeway/testing/engines';
import type { Benchmark, BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median, percentile } from '../harness/statistics.js';
import type { Variant } from './systems.js';
import { WorkerProcess, type Round } from './worker-process.js';

const PORT_BASES: Readonly<Record<Variant, number>> = { embedded: 8600, direct: 8625, production: 8650 };
/** Light load: ten messages a second in each direction. */
const TALK = { messages: 40, everyMs: 100 };
/** The first messages make Signal sessions and warm the code up. */
const WARM_UP = { messages: 10, everyMs: 50 };

/** From send to screen through the log, against the same path with the event hop replaced by a direct call. */
export const latencyBenchmark: Benchmark = {
  name: 'latency',
  async run(options) {
    const engines = await startEngines(new Set(engineNames));
    try {
      const missing = engineNames.filter((name) => engines.engines.ranOn[name].startsWith('not run'));
      missing.forEach((name) => options.log(`latency: ${name} ${engines.engines.ranOn[name]}`));
      const variants: Variant[] = [
        'embedded',
        'direct',
        ...(missing.length === 0 ? ['production' as const] : []),
      ];
      return await compare(variants, engines, options);
    } finally {
      await engines.stop();
    }
  },
};

async function compare(
  variants: readonly Variant[],
  { engines }: RunningEngines,
  options: BenchmarkOptions,
): Promise<Measure[]> {
  const workers = new Map<Variant, WorkerProcess>();
  try {
    for (const variant of variants) {
      options.log(`latency: starting ${variant}`);
      const needed = variant === 'production' ? engines : undefined;
      const worker = await WorkerProcess.start(variant, PORT_BASES[variant], needed);
      workers.set(variant, worker);
      await worker.talk(WARM_UP);
    }
    const rounds = await interleave([...workers], options, async ([variant, worker], round) => {
      options.log(`latency: round ${round + 1}, ${variant}`);
      return worker.talk(TALK);
    });
    return measuresOf(new Map([...rounds].map(([[variant], results]) => [variant, results])));
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
  }
}

function measuresOf(rounds: ReadonlyMap<Variant, readonly Round[]>): Measure[] {
  const direct = rounds.get('direct') ?? [];
  return [...rounds]
    .filter(([variant]) => variant !== 'direct')
    .flatMap(([variant, own]) =>
      (['out', 'in'] as const).flatMap((way) =>
        [0.5, 0.99].map((share): Measure => {
          // The tail of all messages: a round has too few for a percentile of its own.
          const figure = (of: readonly Round[]) =>
            share === 0.5
              ? median(of.map((round) => percentile(round[way], share)))
              : percentile(
                  of.flatMap((round) => round[way]),
                  share,
                );
          return {
            name: `${variant} ${way} p${share * 100}`,
            unit: 'ms',
            ours: figure(own),
            baseline: figure(direct),
            cpuMsPerOperation: median(own.map(({ cpuMsPerMessage }) => cpuMsPerMessage)),
            note: `${own.length} rounds of ${TALK.messages}; CPU direct ${cpuOf(direct)} ms`,
          };
        }),
      ),
    );
}

function cpuOf(rounds: readonly Round[]): string {
  return median(rounds.map(({ cpuMsPerMessage }) => cpuMsPerMessage)).toFixed(1);
}
