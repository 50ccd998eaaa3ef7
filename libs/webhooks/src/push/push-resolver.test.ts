import { limits } from '@causeway/limits';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PushResolver } from './push-resolver.js';

let clock: FakeClock;
let looks: number;
let found: number[];
let failing: boolean;
let resolver: PushResolver;

beforeEach(() => {
  clock = new FakeClock();
  [looks, found, failing] = [0, [], false];
  const resolve = async (): Promise<number> => {
    looks += 1;
    if (failing) throw new Error('the database is away');
    return found.shift() ?? 0;
  };
  resolver = new PushResolver({ resolve }, clock, captureLogs().logger);
});
afterEach(() => resolver.stop());

describe('PushResolver', () => {
  it('looks once for all calls of a moment, and goes on while there are more', async () => {
    found = [limits.pushBatchItems.value, 3];
    for (let call = 0; call < 100; call += 1) resolver.kick();
    expect(looks).toBe(0);
    await clock.advance(limits.pushResolveMs.value);
    expect(looks).toBe(2);
  });

  it('looks again by itself after a failure', async () => {
    failing = true;
    resolver.kick();
    await clock.advance(limits.pushResolveMs.value);
    failing = false;
    await clock.advance(2_000);
    expect(looks).toBe(2);
  });

  it('does not look any more once it is stopped', async () => {
    resolver.kick();
    await resolver.stop();
    await clock.advance(60_000);
    expect(looks).toBe(0);
  });
});
