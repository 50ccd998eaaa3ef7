import { randomUUID } from 'node:crypto';
import { openCoordination, type Coordination, type Rates } from '@causeway/coordination';
import { limits, rateLimits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallBudget } from './call-budget.js';

let clock: FakeClock;
let coordination: Coordination;
let asked: string[];
let budget: CallBudget;

beforeEach(() => {
  clock = new FakeClock();
  const { logger } = captureLogs();
  coordination = openCoordination(`memory:${randomUUID()}`, {
    logger,
    metrics: createMetrics('test'),
    clock,
  });
  asked = [];
  budget = new CallBudget(counting(), clock);
});
afterEach(() => coordination.close());

function counting(): Rates {
  const take: Rates['take'] = (rule, key, cost) => {
    asked.push(key);
    return coordination.rates.take(rule, key, cost);
  };
  return { take };
}

/** @returns how many calls are let in before one is refused */
async function letIn(from: CallBudget, address: string): Promise<number> {
  for (let calls = 0; ; calls += 1) {
    try {
      await from.take(address);
    } catch (error) {
      expect(error).toMatchObject({ code: 'rate_limited', status: 429 });
      return calls;
    }
  }
}

describe('CallBudget', () => {
  it('lets in as many calls as the limit allows, and asks once for many', async () => {
    expect(await letIn(budget, '192.0.2.1')).toBe(rateLimits.pushCall.capacity);
    const questions = rateLimits.pushCall.capacity / limits.pushLeaseItems.value + 1;
    expect(asked).toHaveLength(questions);
    await expect(budget.take('192.0.2.1')).rejects.toMatchObject({ code: 'rate_limited' });
    expect(asked).toHaveLength(questions);
    await clock.advance(1_000);
    expect(await letIn(budget, '192.0.2.1')).toBe(rateLimits.pushCall.refillPerSecond);
  });

  it('counts each address by itself, and over all pods', async () => {
    await letIn(budget, '192.0.2.1');
    await budget.take('192.0.2.2');
    const otherPod = new CallBudget(coordination.rates, clock);
    await expect(otherPod.take('192.0.2.1')).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('asks one question for calls at the same time', async () => {
    await Promise.all(Array.from({ length: 50 }, () => budget.take('192.0.2.1')));
    expect(asked).toHaveLength(1);
  });

  it('counts no more addresses than its bound, and forgets what it had of the oldest', async () => {
    for (let i = 0; i <= limits.pushAddresses.value; i += 1) await budget.take(`address ${i}`);
    await budget.take('address 1');
    expect(asked).toHaveLength(limits.pushAddresses.value + 1);
    await budget.take('address 0');
    expect(asked).toHaveLength(limits.pushAddresses.value + 2);
  });
});
