import { describe, expect, it } from 'vitest';
import { FrameQueue } from './frame-queue.js';
import type { DeliveredFrame } from './receiver.js';

const frame = (delivery: string) =>
  ({ type: 'identity', gatekeeper: 'simulator', delivery, identity: { peer: 'a@lid' } }) as DeliveredFrame;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A queue whose frames are stored when the test says so. */
function queue() {
  const log: string[] = [];
  const pending: { resolve: () => void; reject: () => void }[] = [];
  const made = new FrameQueue({
    take: ({ delivery }) =>
      new Promise((resolve, reject) => {
        log.push(`take ${delivery}`);
        pending.push({ resolve, reject });
      }),
    acknowledge: (deliveries) => log.push(`ack ${deliveries.join(' ')}`),
    stored: () => undefined,
    pause: () => log.push('pause'),
    resume: () => log.push('resume'),
    failed: () => log.push('failed'),
  });
  const finish = async (how: 'resolve' | 'reject' = 'resolve') => {
    pending.shift()?.[how]();
    await settled();
  };
  return { made, log, finish };
}

describe('delivered frames', () => {
  it('are stored one after the other and acknowledged only then', async () => {
    const { made, log, finish } = queue();
    for (const delivery of ['1', '2']) made.add(frame(delivery));
    await settled();
    expect(log).toEqual(['take 1']);
    await finish();
    expect(log).toEqual(['take 1', 'take 2']);
    await finish();
    expect(log).toEqual(['take 1', 'take 2', 'ack 1 2']);
  });

  it('are not acknowledged when one cannot be stored: the connection is cut', async () => {
    const { made, log, finish } = queue();
    for (const delivery of ['1', '2', '3']) made.add(frame(delivery));
    await finish();
    await finish('reject');
    expect(log).toEqual(['take 1', 'take 2', 'failed']);
    made.add(frame('4'));
    await finish();
    expect(log.slice(3)).toEqual(['take 4', 'ack 4']);
  });

  it('are never acknowledged on another connection, where the name means another delivery', async () => {
    const { made, log, finish } = queue();
    made.add(frame('1'));
    made.clear();
    made.add(frame('2'));
    await finish();
    await finish();
    expect(log).toEqual(['take 1', 'take 2', 'ack 2']);
  });

  it('stop the reading at 256 and let it go on at half of that', async () => {
    const { made, log, finish } = queue();
    for (let n = 0; n < 300; n++) made.add(frame(String(n)));
    expect(log.filter((entry) => entry === 'pause')).toHaveLength(1);
    for (let n = 0; n < 300; n++) await finish();
    expect(log.filter((entry) => entry === 'resume')).toHaveLength(1);
    const acknowledged = log
      .filter((entry) => entry.startsWith('ack'))
      .flatMap((entry) => entry.split(' ').slice(1));
    expect(acknowledged).toEqual(Array.from({ length: 300 }, (_, n) => String(n)));
    for (const entry of log) expect(entry.split(' ').length).toBeLessThanOrEqual(65);
  });
});
