import { FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { UploadLocks } from './upload-locks.js';

const never = new AbortController().signal;

describe('the lock of an upload', () => {
  it('goes from one to the next, who asked the first to give way', async () => {
    const locks = new UploadLocks(new FakeClock());
    const order: string[] = [];
    const [first, second, other] = [locks.newLock('a'), locks.newLock('a'), locks.newLock('b')];
    await first.lock(never, () => void order.push('give way'));
    await other.lock(never, () => undefined);
    const waiting = second.lock(never, () => undefined).then(() => order.push('second'));
    await Promise.resolve();
    expect(order).toEqual(['give way']);
    await first.unlock();
    await waiting;
    expect(order).toEqual(['give way', 'second']);
    await second.unlock();
    await locks.newLock('a').lock(never, () => undefined);
  });

  it('is not waited for by many, for long, or by those who left', async () => {
    const clock = new FakeClock();
    const locks = new UploadLocks(clock);
    const held = locks.newLock('a');
    await held.lock(never, () => undefined);
    const left = new AbortController();
    const lock = (signal = never) => locks.newLock('a').lock(signal, () => undefined);
    const conflict = { code: 'conflict' };
    const waiting = [lock(), lock(), lock(), lock(left.signal)].map((each) =>
      expect(each).rejects.toMatchObject(conflict),
    );
    await expect(lock()).rejects.toMatchObject(conflict);
    left.abort();
    await waiting[3];
    await clock.advance(10_000);
    await Promise.all(waiting);
    await held.unlock();
    await lock();
  });
});
