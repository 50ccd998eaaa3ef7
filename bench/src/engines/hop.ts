import { setTimeout as delay } from 'node:timers/promises';
import { migrateEventLog } from '@causeway/events';
import { Postgres } from '@causeway/postgres';
import { createTestDatabase, type Engines } from '@causeway/testing';
import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median, percentile } from '../harness/statistics.js';
import { benchEvent } from './event.js';
import { barePipe, busPipe, type Pipe } from './pipe.js';

/** Light load: what a hop takes when nothing waits for anything else. */
const EVENTS = 150;
const EVERY_MS = 20;
const WARM_UP = 50;

interface Round {
  /** From the call that publishes to the call of the handler. */
  readonly hopMs: readonly number[];
  readonly cpuMsPerEvent: number;
}

type Name = 'kafka' | 'bare' | 'postgres';

/** From publish to handler, one event at a time: Kafka against bare kafkajs, and the log in Postgres against Kafka. */
export async function measureHop(
  engines: Engines,
  brokers: string,
  options: BenchmarkOptions,
): Promise<Measure[]> {
  const database = await createTestDatabase(engines);
  const postgres = Postgres.connect(database.url, {
    poolSize: 5,
    applicationName: 'bench',
    statementTimeoutMs: 5_000,
  });
  const arrivals = new Map<number, () => void>();
  const arrived = (n: number) => arrivals.get(n)?.();
  const pipes: [Name, Pipe][] = [];
  try {
    await migrateEventLog(postgres);
    pipes.push(['bare', await barePipe(brokers)(arrived)]);
    pipes.push(['kafka', await busPipe(`kafka://${brokers}`)(arrived)]);
    pipes.push(['postgres', await busPipe('postgres:', postgres)(arrived)]);
    for (const [, pipe] of pipes) await hops(pipe, arrivals, WARM_UP);
    const rounds = await interleave(pipes, options, async ([name, pipe], round) => {
      options.log(`engines: hop, round ${round + 1}, ${name}`);
      return hops(pipe, arrivals, EVENTS);
    });
    return measuresOf(new Map([...rounds].map(([[name], results]) => [name, results])));
  } finally {
    await Promise.all(pipes.map(([, pipe]) => pipe.close()));
    await postgres.close();
    await database.drop();
  }
}

let next = 0;

async function hops(pipe: Pipe, arrivals: Map<number, () => void>, count: number): Promise<Round> {
  const hopMs: number[] = [];
  const cpu = process.cpuUsage();
  for (let sent = 0; sent < count; sent++) {
    const n = next++;
    const event = benchEvent(n);
    const startedAt = performance.now();
    const arrival = new Promise<void>((resolve) => arrivals.set(n, resolve));
    await Promise.all([pipe.send([event]), arrival.then(() => hopMs.push(performance.now() - startedAt))]);
    arrivals.delete(n);
    await delay(EVERY_MS);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { hopMs, cpuMsPerEvent: (user + system) / 1000 / count };
}

function measuresOf(rounds: ReadonlyMap<Name, readonly Round[]>): Measure[] {
  const of = (name: Name) => rounds.get(name) ?? [];
  const p50 = (name: Name) => median(of(name).map(({ hopMs }) => percentile(hopMs, 0.5)));
  const p99 = (name: Name) =>
    percentile(
      of(name).flatMap(({ hopMs }) => hopMs),
      0.99,
    );
  const cpu = (name: Name) => median(of(name).map(({ cpuMsPerEvent }) => cpuMsPerEvent));
  const note = (name: Name, than: Name) =>
    `${of(name).length} rounds of ${EVENTS}; CPU ${than} ${cpu(than).toFixed(2)} ms`;
  const compare = (
    measure: string,
    [name, than]: readonly [Name, Name],
    figure: (name: Name) => number,
    most?: number,
  ): Measure => ({
    name: measure,
    unit: 'ms',
    ours: figure(name),
    baseline: figure(than),
    cpuMsPerOperation: cpu(name),
    ...(most !== undefined && { ratioGoal: { most } }),
    note: note(name, than),
  });
  return [
    compare('hop kafka p50', ['kafka', 'bare'], p50, 1.5),
    compare('hop kafka p99', ['kafka', 'bare'], p99, 2),
    compare('hop postgres p50', ['postgres', 'kafka'], p50, 3),
    compare('hop postgres p99', ['postgres', 'kafka'], p99),
  ];
}
