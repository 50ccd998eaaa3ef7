import { describe, expect, it } from 'vitest';
import type { Coordination } from '../port.js';
import { fresh, freshPartition, until } from './harness.js';

export function presenceSuite(open: (leaseMs?: number) => Coordination): void {
  describe('presence', () => {
    it('is seen by others while the pod’s lease lives, with what was put', async () => {
      const [writer, reader] = [open(), open()];
      const partition = freshPartition();
      const entry = {
        sessionKey: fresh('s'),
        podId: fresh('p'),
        partition,
        relayKey: 'a+/=',
        clientAddress: '192.0.2.1',
      };
      const epoch = await writer.presence.put(entry);
      expect(await reader.presence.get(entry.sessionKey)).toBeUndefined();
      expect(await reader.presence.list(partition)).toEqual([]);
      await writer.presence.renew(entry.podId);
      expect(await reader.presence.get(entry.sessionKey)).toEqual({ ...entry, epoch });
      expect(await reader.presence.list(partition)).toEqual([{ ...entry, epoch }]);
    });

    it('ends with the lease, and comes back with its renewal', async () => {
      const { presence } = open(150);
      const [sessionKey, podId, partition] = [fresh('s'), fresh('p'), freshPartition()];
      await presence.renew(podId);
      const epoch = await presence.put({ sessionKey, podId, partition });
      await until(async () => {
        expect(await presence.get(sessionKey)).toBeUndefined();
        expect(await presence.list(partition)).toEqual([]);
      });
      await presence.renew(podId);
      expect(await presence.get(sessionKey)).toMatchObject({ epoch });
    });

    it('gives growing epochs, also after a removal and to openers at the same time', async () => {
      const [first, second] = [open(), open()];
      const [sessionKey, podId, partition] = [fresh('s'), fresh('p'), freshPartition()];
      const seen: number[] = [];
      for (let round = 0; round < 5; round++) {
        const epoch = await first.presence.put({ sessionKey, podId, partition });
        seen.push(epoch);
        expect(await first.presence.remove(sessionKey, epoch)).toBe(true);
      }
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      const put = ({ presence }: Coordination) => presence.put({ sessionKey, podId, partition });
      const epochs = await Promise.all([first, second, first, second].map(put));
      expect(new Set(epochs).size).toBe(4);
      await first.presence.renew(podId);
      expect(await first.presence.get(sessionKey)).toMatchObject({ epoch: Math.max(...epochs) });
    });

    it('is removed only by the current epoch', async () => {
      const { presence } = open();
      const [sessionKey, podId, partition] = [fresh('s'), fresh('p'), freshPartition()];
      await presence.renew(podId);
      const old = await presence.put({ sessionKey, podId, partition });
      const current = await presence.put({ sessionKey, podId, partition });
      expect(await presence.remove(sessionKey, old)).toBe(false);
      expect(await presence.get(sessionKey)).toMatchObject({ epoch: current });
      expect(await presence.remove(sessionKey, current)).toBe(true);
      expect(await presence.remove(sessionKey, current)).toBe(false);
      expect(await presence.get(sessionKey)).toBeUndefined();
      expect(await presence.list(partition)).toEqual([]);
    });

    it('drops what the older entry had', async () => {
      const { presence } = open();
      const [sessionKey, podId, partition] = [fresh('s'), fresh('p'), freshPartition()];
      await presence.renew(podId);
      await presence.put({ sessionKey, podId: fresh('other'), partition, relayKey: 'old' });
      const epoch = await presence.put({ sessionKey, podId, partition });
      expect(await presence.get(sessionKey)).toEqual({ sessionKey, podId, partition, epoch });
    });

    it('lists by partition, without pods that are gone', async () => {
      const { presence } = open();
      const [alive, gone, partition, other] = [fresh('p'), fresh('p'), freshPartition(), freshPartition()];
      await presence.renew(alive);
      const keys = Array.from({ length: 20 }, () => fresh('s'));
      for (const sessionKey of keys) await presence.put({ sessionKey, podId: alive, partition });
      await presence.put({ sessionKey: fresh('s'), podId: gone, partition });
      await presence.put({ sessionKey: fresh('s'), podId: alive, partition: other });
      const listed = (await presence.list(partition)).map(({ sessionKey }) => sessionKey);
      expect(listed.sort()).toEqual(keys.sort());
    });

    it('never misses a live entry while sessions come and go', async () => {
      const { presence } = open();
      const [podId, partition] = [fresh('p'), freshPartition()];
      await presence.renew(podId);
      const flapping = Array.from({ length: 5 }, () => fresh('s'));
      const flap = async (sessionKey: string): Promise<void> => {
        for (let round = 0; round < 20; round++) {
          const epoch = await presence.put({ sessionKey, podId, partition });
          const listed = await presence.list(partition);
          expect(listed).toContainEqual({ sessionKey, podId, partition, epoch });
          if (round < 19) await Promise.all([presence.remove(sessionKey, epoch), presence.list(partition)]);
        }
      };
      await Promise.all(flapping.map(flap));
      expect(await presence.list(partition)).toHaveLength(5);
    });

    it('refuses malformed arguments with its own error', async () => {
      const { presence } = open();
      const invalid = { name: 'CoordinationError', code: 'coordination_invalid' };
      const entry = { sessionKey: 's', podId: 'p', partition: 1 };
      for (const call of [
        () => presence.renew(''),
        () => presence.renew('x'.repeat(513)),
        () => presence.put({ ...entry, sessionKey: '' }),
        () => presence.put({ ...entry, partition: -1 }),
        () => presence.put({ ...entry, partition: 1.5 }),
        () => presence.put({ ...entry, relayKey: 'x'.repeat(513) }),
        () => presence.get(''),
        () => presence.list(Number.NaN),
        () => presence.remove('s', Number.POSITIVE_INFINITY),
      ]) {
        await expect(call()).rejects.toMatchObject(invalid);
      }
    });
  });
}
