import type { Measure } from '../harness/benchmark.js';
import { median } from '../harness/statistics.js';

/** What one round of a variant took. */
export interface Rate {
  readonly msPerThousand: number;
  /** Of this process: engines are not in it. */
  readonly cpuMsPerOperation: number;
}

/** Measures how long `work` takes for so many operations. */
export async function rateOf(operations: number, work: () => Promise<void>): Promise<Rate> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return {
    msPerThousand: (ms * 1_000) / operations,
    cpuMsPerOperation: (user + system) / 1_000 / operations,
  };
}

/** The median over rounds, milliseconds for a thousand operations. */
export function timeOf(rates: readonly Rate[]): number {
  return median(rates.map(({ msPerThousand }) => msPerThousand));
}

/** @param goal least share of the baseline's rate */
export function compareRates(
  name: string,
  ours: readonly Rate[],
  baseline: readonly Rate[],
  goal?: number,
): Measure {
  const [own, base] = [timeOf(ours), timeOf(baseline)];
  const share = base / own;
  const verdict = goal === undefined ? '' : `, goal ≥ ${goal} ${share >= goal ? 'met' : 'MISSED'}`;
  const cpu = median(baseline.map((rate) => rate.cpuMsPerOperation)) * 1_000;
  return {
    name,
    unit: 'ms',
    ours: own,
    baseline: base,
    cpuMsPerOperation: median(ours.map((rate) => rate.cpuMsPerOperation)),
    note: `${share.toFixed(2)} of the baseline's rate${verdict}; ${ours.length} rounds; CPU baseline ${cpu.toFixed(0)} µs`,
  };
}
