import { limits } from '@causeway/limits';
import { describe, expect, it } from 'vitest';
import type { Coordination } from '../port.js';
import { bytes, fresh, freshPartition } from './harness.js';

export function mailboxSuite(open: () => Coordination): void {
  async function connect(coordination = open(), sessionKey = fresh('s')) {
    const epoch = await coordination.presence.put({
      sessionKey,
      podId: fresh('p'),
      partition: freshPartition(),
    });
    return { coordination, mailbox: coordination.mailbox, sessionKey, epoch };
  }

  describe('ephemeral mailbox', () => {
    it('keeps items in order with numbers from 1, for any opener, byte for byte', async () => {
      const { mailbox, sessionKey, epoch } = await connect();
      const odd = [new Uint8Array(0), Uint8Array.from([0, 255, 58, 10, 13]), bytes('7:x'), Buffer.from('é')];
      await mailbox.append(sessionKey, epoch, odd.slice(0, 2));
      await mailbox.append(sessionKey, epoch, odd.slice(2));
      await mailbox.append(sessionKey, epoch, []);
      const items = await open().mailbox.read(sessionKey, epoch, 0, 100);
      expect(items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(items.map(({ item }) => [...item])).toEqual(odd.map((item) => [...item]));
    });

    it('reads in pages after a number, and forgets by number', async () => {
      const { mailbox, sessionKey, epoch } = await connect();
      await mailbox.append(
        sessionKey,
        epoch,
        Array.from({ length: 12 }, (_, index) => bytes(`${index + 1}`)),
      );
      const seqs = async (after: number, limit: number) =>
        (await mailbox.read(sessionKey, epoch, after, limit)).map(({ seq }) => seq);
      expect(await seqs(0, 3)).toEqual([1, 2, 3]);
      expect(await seqs(9, 100)).toEqual([10, 11, 12]);
      expect(await seqs(12, 100)).toEqual([]);
      await mailbox.remove(sessionKey, epoch, [1, 3, 10, 99]);
      await mailbox.remove(sessionKey, epoch, [1]);
      await mailbox.remove(sessionKey, epoch, []);
      expect(await seqs(0, 100)).toEqual([2, 4, 5, 6, 7, 8, 9, 11, 12]);
      await mailbox.remove(sessionKey, epoch, await seqs(0, 100));
      await mailbox.append(sessionKey, epoch, [bytes('next')]);
      expect(await seqs(0, 100)).toEqual([13]);
    });

    it('is closed to an epoch that is not current, and dies with its connection', async () => {
      const { coordination, mailbox, sessionKey, epoch } = await connect();
      const closed = { code: 'mailbox_closed' };
      await mailbox.append(sessionKey, epoch, [bytes('old')]);
      const next = (await connect(coordination, sessionKey)).epoch;
      await expect(mailbox.append(sessionKey, epoch, [bytes('late')])).rejects.toMatchObject(closed);
      expect(await mailbox.read(sessionKey, epoch, 0, 10)).toEqual([]);
      expect(await mailbox.read(sessionKey, next, 0, 10)).toEqual([]);
      await mailbox.append(sessionKey, next, [bytes('new')]);
      await mailbox.remove(sessionKey, epoch, [1]);
      await mailbox.destroy(sessionKey, epoch);
      expect(await mailbox.read(sessionKey, next, 0, 10)).toEqual([{ seq: 1, item: bytes('new') }]);
      await coordination.presence.remove(sessionKey, next);
      await expect(mailbox.append(sessionKey, next, [bytes('late')])).rejects.toMatchObject(closed);
      expect(await mailbox.read(sessionKey, next, 0, 10)).toEqual([]);
      await expect(mailbox.append(fresh('unknown'), 1, [bytes('x')])).rejects.toMatchObject(closed);
    });

    it('takes nothing more once destroyed', async () => {
      const { mailbox, sessionKey, epoch } = await connect();
      await mailbox.append(sessionKey, epoch, [bytes('x')]);
      await mailbox.destroy(sessionKey, epoch);
      await mailbox.destroy(sessionKey, epoch);
      expect(await mailbox.read(sessionKey, epoch, 0, 10)).toEqual([]);
      await expect(mailbox.append(sessionKey, epoch, [bytes('x')])).rejects.toMatchObject({
        code: 'mailbox_closed',
      });
    });

    it('takes all or nothing at the bound of items, and goes on when some are forgotten', async () => {
      const { mailbox, sessionKey, epoch } = await connect();
      const most = limits.ephemeralMailboxItems.value;
      await mailbox.append(sessionKey, epoch, Array(most - 1).fill(bytes('x')));
      const two = [bytes('a'), bytes('b')];
      await expect(mailbox.append(sessionKey, epoch, two)).rejects.toMatchObject({ code: 'mailbox_full' });
      expect(await mailbox.read(sessionKey, epoch, most - 1, 10)).toEqual([]);
      await mailbox.remove(sessionKey, epoch, [1]);
      await mailbox.append(sessionKey, epoch, two);
      expect(await mailbox.read(sessionKey, epoch, most, 10)).toEqual([{ seq: most + 1, item: bytes('b') }]);
    });

    it('takes nothing beyond the bound of bytes, also after forgetting', async () => {
      const { mailbox, sessionKey, epoch } = await connect();
      const size = limits.ephemeralMailboxItemBytes.value;
      const fits = Math.floor(limits.ephemeralMailboxBytes.value / size);
      const full = { code: 'mailbox_full' };
      for (let count = 0; count < fits; count++)
        await mailbox.append(sessionKey, epoch, [new Uint8Array(size)]);
      await expect(mailbox.append(sessionKey, epoch, [new Uint8Array(size)])).rejects.toMatchObject(full);
      await mailbox.remove(sessionKey, epoch, [1]);
      await mailbox.append(sessionKey, epoch, [new Uint8Array(size)]);
      await expect(mailbox.append(sessionKey, epoch, [new Uint8Array(size)])).rejects.toMatchObject(full);
    });

    it('loses and doubles nothing with many writers at once', async () => {
      const { coordination, sessionKey, epoch } = await connect();
      const openers = [coordination, open(), open()];
      const writes = Array.from({ length: 60 }, (_, index) =>
        openers[index % 3]?.mailbox.append(sessionKey, epoch, [bytes(`${index}`), bytes(`${index}b`)]),
      );
      await Promise.all(writes);
      const items = await coordination.mailbox.read(sessionKey, epoch, 0, 200);
      expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
      const texts = items.map(({ item }) => new TextDecoder().decode(item));
      expect(new Set(texts).size).toBe(120);
      for (let index = 0; index < 120; index += 2) expect(texts[index + 1]).toBe(`${texts[index]}b`);
    });

    it('refuses malformed arguments with its own error', async () => {
      const { mailbox, sessionKey, epoch } = await connect();
      const invalid = { name: 'CoordinationError', code: 'coordination_invalid' };
      for (const call of [
        () => mailbox.append(sessionKey, epoch, [new Uint8Array(limits.ephemeralMailboxItemBytes.value + 1)]),
        () =>
          mailbox.append(sessionKey, epoch, Array(limits.ephemeralMailboxItems.value + 1).fill(bytes(''))),
        () => mailbox.append(sessionKey, -1, []),
        () => mailbox.read(sessionKey, epoch, -1, 1),
        () => mailbox.read(sessionKey, epoch, 0, Number.NaN),
        () => mailbox.remove(sessionKey, epoch, [1.5]),
        () => mailbox.destroy('', epoch),
      ]) {
        await expect(call()).rejects.toMatchObject(invalid);
      }
    });
  });
}
