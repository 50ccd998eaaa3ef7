import { FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Circuit } from './circuit.js';

const most = 20;
const pauseMs = 1_000;

class Away extends Error {}
class Refused extends Error {}

let clock: FakeClock;
let seen: string[];
let circuit: Circuit;
let calls: number;

beforeEach(() => {
  clock = new FakeClock();
  seen = [];
  calls = 0;
  circuit = new Circuit({
    clock,
    failuresInARow: most,
    pauseMs,
    isFailure: (error) => error instanceof Away,
    refused: () => new Refused(),
    onChange: (to, from) => seen.push(`${from} ${to}`),
  });
});

async function call(outcome: Error | 'good'): Promise<string> {
  return circuit.run(async () => {
    calls += 1;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
}
async function open(): Promise<void> {
  for (let failure = 0; failure < most; failure++) await expect(call(new Away())).rejects.toThrow(Away);
}

describe('Circuit', () => {
  it('opens at failures in a row, and then tries nothing', async () => {
    await Promise.allSettled(Array.from({ length: most - 1 }, () => call(new Away())));
    expect(await call('good')).toBe('good');
    await open();
    const tried = calls;
    await expect(call('good')).rejects.toThrow(Refused);
    expect(calls).toBe(tried);
    expect(seen).toEqual(['closed open']);
  });

  it('does not count errors that the engine answers with', async () => {
    for (let answer = 0; answer < 3 * most; answer++)
      await expect(call(new RangeError())).rejects.toThrow(RangeError);
    expect(seen).toEqual([]);
  });

  it('tries one call after the pause, and refuses the others meanwhile', async () => {
    await open();
    await clock.advance(pauseMs - 1);
    await expect(call('good')).rejects.toThrow(Refused);
    await clock.advance(1);
    const answer = Promise.withResolvers<string>();
    const probe = circuit.run(() => answer.promise);
    await expect(call('good')).rejects.toThrow(Refused);
    answer.resolve('back');
    expect(await probe).toBe('back');
    expect(await call('good')).toBe('good');
    expect(seen).toEqual(['closed open', 'open half-open', 'half-open closed']);
  });

  it('pauses again when that call fails', async () => {
    await open();
    await clock.advance(pauseMs);
    await expect(call(new Away())).rejects.toThrow(Away);
    await expect(call('good')).rejects.toThrow(Refused);
    await clock.advance(pauseMs);
    expect(await call('good')).toBe('good');
    expect(seen.slice(1)).toEqual(['open half-open', 'half-open open', 'open half-open', 'half-open closed']);
  });

  it('does not stay open when the wall clock is set back', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_750_000_000_000 });
    await open();
    vi.setSystemTime(1_750_000_000_000 - 3_600_000);
    await clock.advance(pauseMs);
    expect(await call('good')).toBe('good');
    vi.useRealTimers();
  });
});
