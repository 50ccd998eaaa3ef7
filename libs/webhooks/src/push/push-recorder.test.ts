import { randomBytes } from 'node:crypto';
import { limits } from '@causeway/limits';
import { beforeEach, describe, expect, it } from 'vitest';
import { PushQueueFull, PushRecorder, type PushCall } from './push-recorder.js';

let written: (readonly PushCall[])[];
let finish: ((error?: Error) => void)[];
let recorder: PushRecorder;

beforeEach(() => {
  written = [];
  finish = [];
  recorder = new PushRecorder((calls) => {
    written.push(calls);
    return new Promise((resolve, reject) => finish.push((error) => (error ? reject(error) : resolve())));
  });
});

const call = (): PushCall => ({ gatekeeper: 'simulator', identifierHmac: randomBytes(32) });
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('PushRecorder', () => {
  it('answers a call after its own statement, and sends together what came meanwhile', async () => {
    const calls = Array.from({ length: 4 }, call);
    const done: number[] = [];
    const all = calls.map((one, index) => recorder.record(one).then(() => done.push(index)));
    expect(written).toEqual([[calls[0]]]);
    finish[0]?.();
    await turn();
    expect(done).toEqual([0]);
    expect(written[1]).toEqual(calls.slice(1));
    finish[1]?.();
    await Promise.all(all);
  });

  it('fails the calls of a statement that failed, and no others', async () => {
    const [first, second] = [recorder.record(call()), recorder.record(call())];
    finish[0]?.(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await turn();
    finish[1]?.();
    await second;
  });

  it('refuses calls at once beyond its bound, and takes new ones afterwards', async () => {
    const all = Array.from({ length: limits.pushWaitingItems.value + 1 }, () => recorder.record(call()));
    await expect(recorder.record(call())).rejects.toThrow(PushQueueFull);
    for (let batch = 0; batch <= limits.pushWaitingItems.value / limits.pushBatchItems.value; batch += 1) {
      finish[batch]?.();
      await turn();
    }
    await Promise.all(all);
    expect(Math.max(...written.map(({ length }) => length))).toBe(limits.pushBatchItems.value);
    const after = recorder.record(call());
    finish.at(-1)?.();
    await after;
  });
});
