import { randomInt } from 'node:crypto';

/** Random numbers that can be had again: the same seed gives the same row. Not for secrets. */
export class SeededRandom {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** At least 0, less than 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One of the items. Throws RangeError when there is none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.int(0, items.length - 1)] as T;
  }
}

/** The seed of this run: FAULT_SEED when it is set, else a new one. Throws RangeError when it is not a whole number. */
export function faultSeed(): number {
  const given = process.env['FAULT_SEED'];
  if (given === undefined || given === '') return randomInt(2 ** 32);
  const seed = Number(given);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError('FAULT_SEED must be a whole number below 2^32');
  }
  return seed;
}

/**
 * Wraps a test whose course is drawn by lot: when it fails the seed stands in front of its message, and with
 * `FAULT_SEED=<seed>` the same lots are drawn again.
 */
export function seeded(
  test: (random: SeededRandom) => void | Promise<void>,
  seed = faultSeed(),
): () => Promise<void> {
  return async () => {
    try {
      await test(new SeededRandom(seed));
    } catch (error) {
      if (error instanceof Error) {
        error.message = `FAULT_SEED=${seed}: ${error.message}`;
        throw error;
      }
      throw new Error(`FAULT_SEED=${seed}: ${String(error)}`, { cause: error });
    }
  };
}
