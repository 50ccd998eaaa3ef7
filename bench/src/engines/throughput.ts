import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import { benchEvent, type BenchEvent } from './event.js';
import { barePipe, busPipe } from './pipe.js';

const EVENTS = 20_000;
const BATCH = 200;
/** Calls of publish that are on their way together; the bare client sends its batches one after another. */
const CALLS = 8;

interface Round {
  readonly perSecond: number;
  readonly cpuMsPerEvent: number;
}

/** Events of 500 bytes through one producer and one consumer, until the last is handled. */
export async function measureThroughput(brokers: string, options: BenchmarkOptions): Promise<Measure[]> {
  let onEvent: () => void = () => undefined;
  const counted = () => onEvent();
  const ours = await busPipe(`kafka://${brokers}`)(counted);
  const bare = await barePipe(brokers)(counted);
  const batches = Array.from({ length: EVENTS / BATCH }, (_, batch) =>
    Array.from({ length: BATCH }, (__, index) => benchEvent(batch * BATCH + index)),
  );
  const run = async (
    send: (events: readonly BenchEvent[]) => Promise<void>,
    calls: number,
  ): Promise<Round> => {
    let left = EVENTS;
    const drained = new Promise<void>((resolve) => {
      onEvent = () => {
        left -= 1;
        if (left === 0) resolve();
      };
    });
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const queue = batches.values();
    const workers = Array.from({ length: calls }, async () => {
      for (const batch of queue) await send(batch);
    });
    await Promise.all([...workers, drained]);
    const elapsed = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: (EVENTS / elapsed) * 1000, cpuMsPerEvent: (user + system) / 1000 / EVENTS };
  };
  const variants = [
    { name: 'ours', send: ours.send, calls: CALLS },
    { name: 'bare', send: bare.send, calls: 1 },
  ] as const;
  try {
    for (const { send, calls } of variants) await run(send, calls);
    const rounds = await interleave(variants, options, async ({ name, send, calls }, round) => {
      options.log(`engines: throughput, round ${round + 1}, ${name}`);
      return run(send, calls);
    });
    const figure = (name: string, of: (round: Round) => number) =>
      median(
        [...rounds].filter(([variant]) => variant.name === name).flatMap(([, results]) => results.map(of)),
      );
    const cpu = (name: string) => figure(name, ({ cpuMsPerEvent }) => cpuMsPerEvent);
    return [
      {
        name: 'kafka throughput',
        unit: 'events/s',
        ours: figure('ours', ({ perSecond }) => perSecond),
        baseline: figure('bare', ({ perSecond }) => perSecond),
        cpuMsPerOperation: cpu('ours'),
        ratioGoal: { least: 0.8 },
        note: `${[...rounds.values()][0]?.length} rounds of ${EVENTS}; CPU bare ${cpu('bare').toFixed(3)} ms`,
      },
    ];
  } finally {
    await Promise.all([ours.close(), bare.close()]);
  }
}
