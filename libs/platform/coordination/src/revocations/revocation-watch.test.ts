import { randomUUID } from 'node:crypto';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openCoordination,
  RevocationWatch,
  revocationChannel,
  type Coordination,
  type Revoked,
} from '../index.js';

const readMs = limits.revocationReadMs.value;
const blindMs = limits.revocationBlindMs.value;

let clock: FakeClock;
let logs: ReturnType<typeof captureLogs>;
let metrics: ReturnType<typeof createMetrics>;
let coordination: Coordination;
let watch: RevocationWatch;
/** What is on record, by epoch from 1. */
let record: string[];
let reads: number;
let down: boolean;
let applied: Revoked['deviceIds'][];
let failing: boolean;

async function since(epoch: bigint | undefined): Promise<Revoked> {
  reads += 1;
  if (down) throw new Error('down');
  const deviceIds = epoch === undefined ? [] : record.slice(Number(epoch));
  return { epoch: BigInt(record.length), deviceIds };
}

beforeEach(async () => {
  clock = new FakeClock();
  logs = captureLogs();
  metrics = createMetrics('test');
  const { logger } = logs;
  coordination = openCoordination(`memory:${randomUUID()}`, { logger, metrics, clock });
  [record, reads, down, applied, failing] = [['before'], 0, false, [], false];
  const revoked = async (deviceIds: Revoked['deviceIds']) => {
    if (failing) throw new Error('failing');
    applied.push(deviceIds);
  };
  watch = new RevocationWatch({ since, revoked, signals: coordination.signals, clock, logger, metrics });
  await watch.start();
});
afterEach(async () => {
  await watch.stop();
  await coordination.close();
});

describe('RevocationWatch', () => {
  it('notices within 2 seconds what no broadcast told, each once and in order', async () => {
    record.push('a', 'b');
    await clock.advance(readMs);
    record.push('c');
    await clock.advance(readMs);
    await clock.advance(10 * readMs);
    expect(applied).toEqual([['a', 'b'], ['c']]);
  });

  it('looks at once when it is told, and once more for what came meanwhile', async () => {
    record.push('a');
    for (let times = 0; times < 5; times++) await coordination.signals.publish(revocationChannel, '');
    await clock.advance(0);
    expect(applied).toEqual([['a']]);
    expect(reads).toBeLessThanOrEqual(7);
  });

  it('gives again what could not be acted on', async () => {
    failing = true;
    record.push('a');
    await clock.advance(readMs);
    failing = false;
    await clock.advance(readMs);
    expect(applied).toEqual([['a']]);
  });

  it('invariant 7: denies new sends after 30 seconds without reading, says so once, and accepts them again', async () => {
    down = true;
    await clock.advance(blindMs - readMs);
    expect(watch.mayAcceptNewSends()).toBe(true);
    await watch.check();
    await clock.advance(readMs + readMs);
    expect(watch.mayAcceptNewSends()).toBe(false);
    await expect(watch.check()).rejects.toThrow('cannot be read');
    expect(await metrics.render()).toMatch(/^causeway_revocations_unreadable\{[^}]*\} 1$/m);
    await clock.advance(blindMs);
    down = false;
    record.push('a');
    await clock.advance(readMs);
    expect(watch.mayAcceptNewSends()).toBe(true);
    expect(applied).toEqual([['a']]);
    expect(logs.lines.filter(({ level }) => level !== 'debug').map(({ level }) => level)).toEqual([
      'error',
      'info',
    ]);
  });

  it('does nothing any more once stopped', async () => {
    await watch.stop();
    record.push('a');
    const before = reads;
    await clock.advance(10 * readMs);
    expect(reads).toBe(before);
    expect(applied).toEqual([]);
  });
});
