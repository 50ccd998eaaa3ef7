import { limits } from '@causeway/limits';
import { describe, expect, it } from 'vitest';
import type { Coordination, LostEntry } from '../port.js';
import { bytes, fresh, freshPartition } from './harness.js';

export function rebuildSuite(open: () => Coordination, loseMemory: () => Promise<void>): void {
  async function connect(coordination: Coordination, podId: string): Promise<LostEntry> {
    const entry = { sessionKey: fresh('s'), podId, partition: freshPartition(), relayKey: 'a+/=' };
    return { ...entry, epoch: await coordination.presence.put(entry), lastSeq: 0 };
  }
  const toEntry = ({ lastSeq: _, ...entry }: LostEntry) => entry;

  describe('presence after the engine lost its memory', () => {
    it('has another life, which all openers see, and which ages', async () => {
      const [first, second] = [open(), open()];
      const before = await first.presence.renew('p');
      expect((await second.presence.life()).id).toBe(before.id);
      await loseMemory();
      const after = await first.presence.renew('p');
      expect(after.id).not.toBe(before.id);
      expect(after.ageMs).toBeLessThan(5_000);
      const later = await second.presence.life();
      expect(later.id).toBe(after.id);
      expect(later.ageMs).toBeGreaterThanOrEqual(after.ageMs);
    });

    it('is put back under the same epochs, and mailboxes go on numbering', async () => {
      const coordination = open();
      const { presence, mailbox } = coordination;
      const podId = fresh('p');
      const entries = await Promise.all(Array.from({ length: 30 }, () => connect(coordination, podId)));
      const [one] = entries;
      if (one === undefined) throw new Error('no entry');
      await mailbox.append(one.sessionKey, one.epoch, [bytes('1'), bytes('2')]);
      await loseMemory();
      const lost = entries.map((entry) => ({ ...entry, lastSeq: 2 }));
      expect(await presence.restore(lost)).toEqual(lost.map(() => 'restored'));
      expect(await presence.restore(lost)).toEqual(lost.map(() => 'present'));
      await presence.renew(podId);
      for (const entry of entries) {
        expect(await presence.get(entry.sessionKey)).toEqual(toEntry(entry));
        expect(await presence.list(entry.partition)).toEqual([toEntry(entry)]);
      }
      await mailbox.append(one.sessionKey, one.epoch, [bytes('3')]);
      expect(await mailbox.read(one.sessionKey, one.epoch, 2, 10)).toEqual([{ seq: 3, item: bytes('3') }]);
      expect(await presence.remove(one.sessionKey, one.epoch)).toBe(true);
      expect(await presence.list(one.partition)).toEqual([]);
    });

    it('belongs to the latest connection, in whatever order they are put back', async () => {
      const coordination = open();
      const { presence } = coordination;
      const old = await connect(coordination, fresh('p'));
      const podId = fresh('p');
      const later = { ...old, podId, epoch: await presence.put({ ...toEntry(old), podId }) };
      await presence.renew(podId);
      for (const order of [
        [old, later],
        [later, old],
      ]) {
        await loseMemory();
        await presence.renew(podId);
        const outcomes = await presence.restore(order);
        expect(outcomes).toEqual(order[0] === old ? ['restored', 'restored'] : ['restored', 'replaced']);
        expect(await presence.get(old.sessionKey)).toEqual(toEntry(later));
      }
      expect(await presence.put(toEntry(later))).toBeGreaterThan(later.epoch);
    });

    it('is bounded: so many entries at once, and none that are malformed', async () => {
      const coordination = open();
      const entry = await connect(coordination, fresh('p'));
      const invalid = { code: 'coordination_invalid' };
      const { presence } = coordination;
      const many = Array.from({ length: limits.presenceRestoreItems.value + 1 }, () => entry);
      await expect(presence.restore(many)).rejects.toMatchObject(invalid);
      await expect(presence.restore([{ ...entry, lastSeq: -1 }])).rejects.toMatchObject(invalid);
      await expect(presence.restore([{ ...entry, podId: '' }])).rejects.toMatchObject(invalid);
      expect(await presence.restore([])).toEqual([]);
    });
  });
}
