import { dockerAnswers } from '@causeway/testing/engines';
import type { Benchmark, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';
import { PresenceWorld, type Rebuild } from './presence-world.js';

const DEVICES = 20_000;
const GOAL_MS = 10_000;

/** How long devices stay invisible when coordination loses its memory. */
export const presenceBenchmark: Benchmark = {
  name: 'presence',
  async run(options) {
    if (!(await dockerAnswers())) {
      options.log('presence: no Docker engine answers');
      return [];
    }
    options.log(`presence: connecting ${DEVICES} devices`);
    const world = await PresenceWorld.start(DEVICES);
    try {
      const rounds = await interleave([false, true], options, (told, round) => {
        options.log(`presence: round ${round + 1}, ${told ? 'told' : 'not told'}`);
        return world.lose(told);
      });
      return measuresOf(rounds.get(false) ?? [], rounds.get(true) ?? []);
    } finally {
      await world.stop();
    }
  },
};

function measuresOf(alone: readonly Rebuild[], told: readonly Rebuild[]): Measure[] {
  const row = (name: string, of: readonly Rebuild[], figure: 'noticedMs' | 'wholeMs'): Measure => ({
    name,
    unit: 'ms',
    ours: median(of.map((rebuild) => rebuild[figure])),
    ...(figure === 'wholeMs' && { goal: GOAL_MS }),
    note: `${of.length} rounds of ${DEVICES} devices; CPU ${cpuOf(of)} µs per device`,
  });
  return [
    row('noticed', alone, 'noticedMs'),
    row('all devices back', alone, 'wholeMs'),
    row('all back, when told', told, 'wholeMs'),
  ];
}

/** In microseconds: a table of milliseconds would show zero. */
function cpuOf(rounds: readonly Rebuild[]): string {
  return (median(rounds.map(({ cpuMsPerDevice }) => cpuMsPerDevice)) * 1_000).toFixed(0);
}
