import { limits, rateLimits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, describeWithEngine, eventually, startOwnRedis, type OwnRedis } from '@causeway/testing';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openCoordination, type Coordination } from '../index.js';

const failing = { name: 'CoordinationError', code: 'coordination_unreachable' };
const deadlineMs = limits.coordinationCommandMs.value;

describeWithEngine('redis', 'Redis that does not answer', () => {
  let redis: OwnRedis;
  let admin: Redis;
  let coordination: Coordination;
  let metrics: ReturnType<typeof createMetrics>;
  let logs: ReturnType<typeof captureLogs>;

  beforeAll(async () => {
    redis = await startOwnRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });
  beforeEach(async () => {
    metrics = createMetrics('test');
    logs = captureLogs();
    coordination = openCoordination(redis.url, { logger: logs.logger, metrics });
    await coordination.check();
  });
  afterEach(() => coordination.close());

  const isOpen = async () =>
    /^causeway_coordination_circuit_open\{[^}]*role="commands"[^}]*\} 1$/m.test(await metrics.render());
  async function open(): Promise<void> {
    await redis.pause();
    const calls = Array.from({ length: limits.coordinationFailuresInARow.value }, () => coordination.check());
    await Promise.allSettled(calls);
    expect(await isOpen()).toBe(true);
  }

  it('after calls in a row without an answer the next fail at once, and one tells when it is back', async () => {
    await open();
    const startedMs = performance.now();
    for (let call = 0; call < 100; call++)
      await expect(coordination.presence.get('s')).rejects.toMatchObject(failing);
    expect(performance.now() - startedMs).toBeLessThan(deadlineMs);
    await redis.unpause();
    await eventually(() => coordination.presence.renew('p'), { deadlineMs: 10_000 });
    expect(await isOpen()).toBe(false);
    const told = logs.lines.filter(({ level }) => level === 'warn' || level === 'info');
    expect(told.map(({ message }) => message)).toEqual([
      'coordination does not answer; calls fail at once until it does',
      'coordination answers again',
    ]);
    expect(await metrics.render()).toMatch(
      /coordination_circuit_transitions_total\{[^}]*role="commands",to="closed"[^}]*\} 1$/m,
    );
  });

  it('every rate limit is decided by the rule of its table', async () => {
    await open();
    for (const limit of Object.values(rateLimits)) {
      const { allowed } = await coordination.rates.take(limit, 'k');
      expect(allowed, limit.name).toBe(limit.failOpen);
    }
    await redis.unpause();
  });

  it('what waits for it is bounded: calls beyond that fail at once, and it goes on afterwards', async () => {
    const epoch = await coordination.presence.put({ sessionKey: 's', podId: 'p', partition: 1 });
    await redis.pause();
    const most = limits.coordinationCallsInFlight.value;
    const item = new Uint8Array(100);
    let refused = 0;
    const calls = Array.from({ length: 3 * most }, () =>
      coordination.mailbox.append('s', epoch, [item]).catch(() => (refused += 1)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(refused).toBe(2 * most);
    await Promise.all(calls);
    expect(refused).toBe(3 * most);
    await redis.unpause();
    await eventually(() => coordination.check(), { deadlineMs: 10_000 });
    await coordination.presence.renew('p');
    expect(await coordination.presence.get('s')).toMatchObject({ epoch });
  });
});
