import { JWKS_PATH } from '@causeway/contracts/webhooks';
import { startEngines } from '@causeway/testing/engines';
import type { Rate } from '../engines/rates.js';
import type { Benchmark, BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median, percentile } from '../harness/statistics.js';
import { distribution, Load, type Call } from './load.js';
import { WebhooksWorld } from './webhooks-world.js';

const CALLS = 3_000;
const READS = 5_000;
const OPEN_SECONDS = 4;
const OPEN_TURNS = 2;
const PROBES = 400;
const P99_GOAL_MS = 10;

const variants = ['empty push', 'new bearer', 'known bearer', 'empty keys', 'keys'] as const;
type Variant = (typeof variants)[number];

/** Push calls and published keys, against the same server with handlers that do nothing. */
export const webhooksBenchmark: Benchmark = {
  name: 'webhooks',
  async run(options) {
    const running = await startEngines(new Set(['postgres'] as const));
    const world = await WebhooksWorld.start(running.engines.postgresUrl);
    const [ours, empty] = [new Load(world.service), new Load(world.empty)];
    try {
      const [known = ''] = world.bearers(1);
      const reads = Array.from({ length: READS }, (): Call => ({ method: 'GET', path: JWKS_PATH }));
      const work: Readonly<Record<Variant, () => Promise<Rate>>> = {
        'empty push': () => empty.closed(pushes(world, known)),
        'new bearer': () => ours.closed(world.bearers(CALLS).map((bearer) => world.push(bearer))),
        'known bearer': () => ours.closed(pushes(world, known)),
        'empty keys': () => empty.closed(reads),
        keys: () => ours.closed(reads),
      };
      for (const variant of variants) await work[variant]();
      const rounds = await interleave(variants, options, (variant, round) => {
        options.log(`webhooks: round ${round + 1}, ${variant}`);
        return work[variant]();
      });
      const of = (variant: Variant): readonly Rate[] => rounds.get(variant) ?? [];
      return [
        compare('push, bearer verified', of('new bearer'), of('empty push'), 0.35),
        compare('push, bearer known', of('known bearer'), of('empty push'), 0.55),
        await tail(world, { ours, empty }, of('new bearer'), options),
        compare('published keys', of('keys'), of('empty keys'), 0.9),
        await probe(world, ours, known),
      ];
    } finally {
      await Promise.all([ours.close(), empty.close()]);
      await world.stop();
      await running.stop();
    }
  },
};

function pushes(world: WebhooksWorld, bearer: string): Call[] {
  return Array.from({ length: CALLS }, () => world.push(bearer));
}

const perSecond = (rates: readonly Rate[]): number =>
  1_000_000 / median(rates.map(({ msPerThousand }) => msPerThousand));

function compare(name: string, ours: readonly Rate[], baseline: readonly Rate[], least: number): Measure {
  const [own, base] = [ours, baseline].map((rates) =>
    median(rates.map(({ cpuMsPerOperation }) => cpuMsPerOperation)),
  ) as [number, number];
  return {
    name,
    unit: 'calls/s',
    ours: perSecond(ours),
    baseline: perSecond(baseline),
    cpuMsPerOperation: own,
    ratioGoal: { least },
    note: `${ours.length} rounds; CPU baseline ${(base * 1_000).toFixed(0)} µs, ${(base / own).toFixed(2)} of ours`,
  };
}

/** What a caller waits at half the rate that the service can do; and at the same rate where nothing is done. */
async function tail(
  world: WebhooksWorld,
  loads: Readonly<Record<'ours' | 'empty', Load>>,
  rates: readonly Rate[],
  { log }: BenchmarkOptions,
): Promise<Measure> {
  const rate = Math.max(1, Math.floor(perSecond(rates) / 2));
  const times: Record<'ours' | 'empty', number[]> = { ours: [], empty: [] };
  for (let turn = 0; turn < OPEN_TURNS; turn++) {
    for (const which of ['ours', 'empty'] as const) {
      log(`webhooks: ${rate} calls a second for ${OPEN_SECONDS} s, ${which}`);
      const calls = world.bearers(rate * OPEN_SECONDS).map((bearer) => world.push(bearer));
      times[which].push(...(await loads[which].open(calls, rate)));
    }
  }
  const turns = `${rate} calls/s, ${OPEN_TURNS} times ${OPEN_SECONDS} s, from when a call was due`;
  return {
    name: 'push p99 at half',
    unit: 'ms',
    ours: percentile(times.ours, 0.99),
    baseline: percentile(times.empty, 0.99),
    goal: P99_GOAL_MS,
    note: `${turns}; ${distribution(times.ours)}; empty ${distribution(times.empty)}`,
  };
}

/** Whether the time of an answer tells who is a user: known and unknown identifiers by turns, one at a time. */
async function probe(world: WebhooksWorld, load: Load, bearer: string): Promise<Measure> {
  const identifiers = await world.enlist(PROBES);
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
  for (const identifier of identifiers) {
    for (const [kind, call] of [
      ['known', world.push(bearer, identifier)],
      ['unknown', world.push(bearer)],
    ] as const) {
      times[kind].push(...(await load.open([call], 1)));
    }
  }
  return {
    name: 'answer, known identifier',
    unit: 'ms',
    ours: median(times.known),
    baseline: median(times.unknown),
    note: `${PROBES} each by turns; known ${distribution(times.known)}; unknown ${distribution(times.unknown)}`,
  };
}
