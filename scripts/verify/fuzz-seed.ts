import { randomInt } from 'node:crypto';

/** What every run in CI draws from, so that two runs of one commit agree. */
const CI_SEED = 20_160_401;

/**
 * @param environment of the run
 * @param drawn a new seed
 * @returns the one number from which every property test of the run draws; undefined leaves it to each of them
 */
export function seedOf(environment: NodeJS.ProcessEnv, drawn: number): number | undefined {
  const given = environment['FUZZ_SEED'];
  if (given !== undefined && given !== '') return Number(given);
  if (environment['NIGHTLY'] !== undefined) return drawn;
  return environment['CI'] === undefined ? undefined : CI_SEED;
}

/** Vitest global setup: chooses the seed before any worker starts, says it, and hands it on to fuzz-setup.ts. */
export default function setup(): void {
  const known = process.env['FUZZ_SEED'];
  const seed = seedOf(process.env, randomInt(2 ** 31));
  if (seed === undefined) return;
  process.env['FUZZ_SEED'] = String(seed);
  if (known === undefined) console.log(`property tests draw from FUZZ_SEED=${seed}`);
}
