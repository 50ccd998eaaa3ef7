import { EventEmitter } from 'node:events';
import { FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { Lifecycle, LifecycleError, stages, type ProcessHandle, type Stage } from './index.js';

class FakeProcess extends EventEmitter implements ProcessHandle {
  exitCode: number | undefined;
  exited: number | undefined;
  exit(code: number): void {
    this.exited = code;
  }
}

function setUp() {
  const clock = new FakeClock();
  const logged: { level: string; fields: object; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields, message });
  const gauge: number[] = [];
  const lifecycle = new Lifecycle({
    logger: { info: log('info'), error: log('error') },
    clock,
    onShuttingDown: (value) => gauge.push(value),
  });
  return { clock, logged, gauge, lifecycle };
}

describe('Lifecycle', () => {
  it('is ready only between markReady and the drain', async () => {
    const { lifecycle } = setUp();
    expect(lifecycle.ready()).toBe(false);
    lifecycle.markReady();
    expect(lifecycle.ready()).toBe(true);
    const drained = lifecycle.drain();
    expect(lifecycle.ready()).toBe(false);
    lifecycle.markReady();
    expect(lifecycle.ready()).toBe(false);
    expect(lifecycle.signal.aborted).toBe(true);
    await drained;
  });

  it('runs the stages in their order, whatever the order of registration', async () => {
    const { lifecycle, gauge } = setUp();
    const seen: Stage[] = [];
    for (const stage of stages.toReversed()) lifecycle.onStop(stage, stage, () => void seen.push(stage), 100);
    expect(await lifecycle.drain()).toEqual({ clean: true, failed: [] });
    expect(seen).toEqual(stages);
    expect(gauge).toEqual([1]);
  });

  it('waits for a whole stage before the next one', async () => {
    const { lifecycle, clock } = setUp();
    const seen: string[] = [];
    const slow = () =>
      new Promise<void>((resolve) => void clock.setTimeout(() => (seen.push('slow'), resolve()), 50));
    lifecycle.onStop('slow', 'intake', slow, 100);
    lifecycle.onStop('quick', 'intake', () => void seen.push('quick'), 100);
    lifecycle.onStop('next', 'consumers', () => void seen.push('next'), 100);
    const drained = lifecycle.drain();
    await clock.advance(49);
    expect(seen).toEqual(['quick']);
    await clock.advance(1);
    await drained;
    expect(seen).toEqual(['quick', 'slow', 'next']);
  });

  it('goes on after a rejection, a synchronous throw and a function that never ends', async () => {
    const { lifecycle, clock, logged } = setUp();
    let engines = false;
    lifecycle.onStop('rejects', 'intake', () => Promise.reject(new Error('x')), 100);
    lifecycle.onStop(
      'throws',
      'intake',
      () => {
        throw new Error('y');
      },
      100,
    );
    lifecycle.onStop('hangs', 'outbox', () => new Promise(() => undefined), 300);
    lifecycle.onStop('last', 'engines', () => void (engines = true), 100);
    const drained = lifecycle.drain();
    await clock.advance(299);
    expect(engines).toBe(false);
    await clock.advance(1);
    expect(await drained).toEqual({
      clean: false,
      failed: [
        { name: 'rejects', stage: 'intake', timedOut: false },
        { name: 'throws', stage: 'intake', timedOut: false },
        { name: 'hangs', stage: 'outbox', timedOut: true },
      ],
    });
    expect(engines).toBe(true);
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(3);
  });

  it('drains once however often it is asked', async () => {
    const { lifecycle } = setUp();
    let runs = 0;
    lifecycle.onStop('count', 'engines', () => void runs++, 100);
    const [first, second] = await Promise.all([lifecycle.drain(), lifecycle.drain()]);
    expect(first).toBe(second);
    await lifecycle.drain();
    expect(runs).toBe(1);
  });

  it('accepts registrations for stages to come and refuses those it has passed', async () => {
    const { lifecycle } = setUp();
    const seen: string[] = [];
    let refused: unknown;
    lifecycle.onStop(
      'consumers',
      'consumers',
      () => {
        lifecycle.onStop('late', 'engines', () => void seen.push('late'), 100);
        try {
          lifecycle.onStop('too late', 'intake', () => undefined, 100);
        } catch (err) {
          refused = err;
        }
      },
      100,
    );
    await lifecycle.drain();
    expect(seen).toEqual(['late']);
    expect(refused).toBeInstanceOf(LifecycleError);
    expect(refused).toMatchObject({ code: 'stage_passed' });
  });

  it('forgets a registration that was taken back', async () => {
    const { lifecycle } = setUp();
    let ran = false;
    lifecycle.onStop('gone', 'engines', () => void (ran = true), 500)();
    expect(lifecycle.drainBudgetMs()).toBe(0);
    await lifecycle.drain();
    expect(ran).toBe(false);
  });

  it('has the sum of the longest of each stage as its budget', () => {
    const { lifecycle } = setUp();
    lifecycle.onStop('a', 'intake', () => undefined, 100);
    lifecycle.onStop('b', 'intake', () => undefined, 300);
    lifecycle.onStop('c', 'engines', () => undefined, 50);
    expect(lifecycle.drainBudgetMs()).toBe(350);
  });
});

describe('signals', () => {
  it('drain, set exit code 0 and do not exit by force', async () => {
    const { lifecycle, clock } = setUp();
    const handle = new FakeProcess();
    lifecycle.installSignalHandlers(handle);
    handle.emit('SIGTERM');
    await clock.advance(0);
    expect(handle).toMatchObject({ exitCode: 0, exited: undefined });
  });

  it('a second signal does not kill the drain', async () => {
    const { lifecycle, clock } = setUp();
    const handle = new FakeProcess();
    let stopped = 0;
    const wait = () =>
      new Promise<void>((resolve) => void clock.setTimeout(() => (stopped++, resolve()), 100));
    lifecycle.onStop('wait', 'intake', wait, 200);
    lifecycle.installSignalHandlers(handle);
    handle.emit('SIGINT');
    await clock.advance(50);
    handle.emit('SIGINT');
    handle.emit('SIGTERM');
    await clock.advance(50);
    expect(stopped).toBe(1);
    expect(handle).toMatchObject({ exitCode: 0, exited: undefined });
  });

  it('exit code 1 when a stop function failed', async () => {
    const { lifecycle, clock } = setUp();
    const handle = new FakeProcess();
    lifecycle.onStop('fails', 'intake', () => Promise.reject(new Error('x')), 100);
    lifecycle.installSignalHandlers(handle);
    handle.emit('SIGTERM');
    await clock.advance(0);
    expect(handle.exitCode).toBe(1);
  });

  it('a process that something keeps alive ends by the last resort with 1', async () => {
    const { lifecycle, clock } = setUp();
    const handle = new FakeProcess();
    lifecycle.onStop('hangs', 'intake', () => new Promise(() => undefined), 1_000);
    lifecycle.installSignalHandlers(handle);
    handle.emit('SIGTERM');
    await clock.advance(2_999);
    expect(handle.exited).toBeUndefined();
    await clock.advance(1);
    expect(handle).toMatchObject({ exited: 1, exitCode: 1 });
  });

  it('are ignored after the handlers were taken away', () => {
    const handle = new FakeProcess();
    setUp().lifecycle.installSignalHandlers(handle)();
    expect(handle.listenerCount('SIGTERM') + handle.listenerCount('SIGINT')).toBe(0);
  });
});
