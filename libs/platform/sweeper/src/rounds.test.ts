import { FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { Rounds, type RoundsOptions } from './rounds.js';

let clock: FakeClock;
let done: number[];
let failures: unknown[];
beforeEach(() => {
  clock = new FakeClock();
  done = [];
  failures = [];
});

function rounds(options: Partial<RoundsOptions> = {}): Rounds {
  return new Rounds({
    clock,
    everyMs: 1_000,
    random: () => 0.5,
    work: async () => {
      done.push(clock.monotonicMs());
      return false;
    },
    onFailure: (error) => failures.push(error),
    ...options,
  });
}

describe('rounds', () => {
  it('begin after a share of the interval, and come again and again', async () => {
    const own = rounds();
    own.start();
    own.start();
    await clock.advance(3_499);
    expect(done).toEqual([500, 1_500, 2_500]);
    await own.stop();
    await clock.advance(5_000);
    expect(done).toHaveLength(3);
  });

  it.each([
    [0, 800],
    [1, 1_200],
  ])('wait a fifth less or more, as chance (%s) has it', async (chance, waited) => {
    const own = rounds({ jitter: 0.2, random: () => chance });
    own.kick();
    await clock.advance(waited);
    expect(done).toEqual([0, waited]);
    await own.stop();
  });

  it('go on while more is waiting, one part at a time, and look once more when kicked meanwhile', async () => {
    let left = 3;
    let atWork = 0;
    const own = rounds({
      work: async () => {
        expect(++atWork).toBe(1);
        await clock.advance(0);
        atWork--;
        done.push(left);
        return --left > 0;
      },
    });
    own.kick();
    own.kick();
    await clock.advance(0);
    await clock.advance(0);
    await own.stop();
    expect(done.slice(0, 3)).toEqual([3, 2, 1]);
  });

  it('end with a failure, and begin anew with the next one', async () => {
    let failing = true;
    const own = rounds({
      work: async () => {
        if (failing) throw new Error('down');
        done.push(clock.monotonicMs());
        return false;
      },
    });
    own.kick();
    await clock.advance(500);
    expect(failures).toHaveLength(1);
    failing = false;
    await clock.advance(1_000);
    expect(done).toEqual([1_000]);
    await own.stop();
  });
});
