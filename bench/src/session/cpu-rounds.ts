import type { BenchmarkOptions } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';

/** Work that can be repeated; a promise is awaited. */
export type Work = () => unknown;

/** Share of a round that runs before, unmeasured, so that the compiler is done. */
const WARM_UP = 0.25;

/**
 * Repeats each work in interleaved rounds and takes the processor time of this process, which other programs on the
 * machine do not add to.
 * @returns for each work the median over the rounds of the milliseconds that one operation takes
 */
export async function cpuMsOf<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  operations: number,
  options: BenchmarkOptions,
): Promise<Readonly<Record<Name, number>> & { readonly rounds: number }> {
  const names = Object.keys(works) as Name[];
  for (const name of names) await repeat(works[name], Math.ceil(operations * WARM_UP));
  const rounds = await interleave(names, options, (name) => repeat(works[name], operations));
  const medians = names.map((name) => [name, median(rounds.get(name) ?? [])]);
  const count = Math.max(...names.map((name) => rounds.get(name)?.length ?? 0));
  return { ...(Object.fromEntries(medians) as Record<Name, number>), rounds: count };
}

async function repeat(work: Work, operations: number): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < operations; done++) {
    const result = work();
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / operations;
}
