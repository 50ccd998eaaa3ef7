import { limits } from '@causeway/limits';
import { describe, expect, it } from 'vitest';
import type { Coordination } from '../port.js';
import { fresh, until } from './harness.js';

export function signalsSuite(open: () => Coordination): void {
  describe('signals', () => {
    it('reach every receiver of the channel, and no other', async () => {
      const [first, second] = [open(), open()];
      const [channel, other] = [fresh('c'), fresh('c')];
      const seen: string[] = [];
      await first.signals.subscribe(channel, (payload) => seen.push(`a ${payload}`));
      await first.signals.subscribe(channel, (payload) => seen.push(`b ${payload}`));
      await second.signals.subscribe(channel, (payload) => seen.push(`c ${payload}`));
      await second.signals.publish(other, 'wrong');
      await second.signals.publish(channel, 'é');
      await until(() => expect(seen.toSorted()).toEqual(['a é', 'b é', 'c é']));
    });

    it('keep their order from one publisher', async () => {
      const [first, second] = [open(), open()];
      const channel = fresh('c');
      const seen: string[] = [];
      await first.signals.subscribe(channel, (payload) => seen.push(payload));
      for (let index = 0; index < 50; index++) await second.signals.publish(channel, String(index));
      await until(() => expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => String(index))));
    });

    it('end with their subscription, which leaves the others of the channel', async () => {
      const { signals } = open();
      const channel = fresh('c');
      const [gone, here]: [string[], string[]] = [[], []];
      const closing = await signals.subscribe(channel, (payload) => gone.push(payload));
      const staying = await signals.subscribe(channel, (payload) => here.push(payload));
      await closing.close();
      await closing.close();
      await signals.publish(channel, 'x');
      await until(() => expect(here).toEqual(['x']));
      expect(gone).toEqual([]);
      await staying.close();
      await signals.subscribe(channel, (payload) => gone.push(payload));
      await signals.publish(channel, 'y');
      await until(() => expect(gone).toEqual(['y']));
    });

    it('go on after a receiver that fails', async () => {
      const { signals } = open();
      const channel = fresh('c');
      const seen: string[] = [];
      await signals.subscribe(channel, () => {
        throw new Error('x');
      });
      await signals.subscribe(channel, (payload) => seen.push(payload));
      await signals.publish(channel, '1');
      await signals.publish(channel, '2');
      await until(() => expect(seen).toEqual(['1', '2']));
    });

    it('are bounded', async () => {
      const { signals } = open();
      const invalid = { code: 'coordination_invalid' };
      const long = 'é'.repeat(limits.signalBytes.value / 2 + 1);
      await expect(signals.publish('c', long)).rejects.toMatchObject(invalid);
      await expect(signals.publish('', 'x')).rejects.toMatchObject(invalid);
      await expect(signals.subscribe('x'.repeat(513), () => undefined)).rejects.toMatchObject(invalid);
    });
  });
}
