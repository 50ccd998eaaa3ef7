import { describe, expect, it, vi } from 'vitest';
import type { Fixture } from './index.js';
import { note, noteTopic, outgoing, Received, subscription, upTo } from './note-topic.js';

export function publishSuite(get: () => Fixture): void {
  describe('publishing', () => {
    it('puts CloudEvents headers beside the payload, and keeps id, time and trace', async () => {
      const { clients, backend } = get();
      const topic = noteTopic();
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      const time = '2026-01-02T03:04:05.678Z';
      await clients.open().publish(topic, [{ data: note('lane', 1), id: 'event-1', time, traceparent }]);
      const [record] = await backend.records(topic.name);
      expect(record).toMatchObject({ key: 'lane', payload: JSON.stringify(note('lane', 1)) });
      expect(record?.headers).toMatchObject({
        ce_specversion: '1.0',
        ce_id: 'event-1',
        ce_type: 'note.taken',
        ce_source: '/causeway/conformance',
        ce_subject: 'lane',
        ce_time: time,
        traceparent,
      });
    });

    it('refuses events that do not follow the contract or are too large', async () => {
      const { clients, backend } = get();
      const topic = noteTopic();
      const bus = clients.open();
      const wrong = { ...note('lane', 1), n: 'many' } as unknown as ReturnType<typeof note>;
      await expect(bus.publish(topic, [{ data: wrong }])).rejects.toMatchObject({ code: 'event_invalid' });
      const large = note('x'.repeat(600_000), 1);
      await expect(bus.publish(topic, [{ data: large }])).rejects.toMatchObject({ code: 'event_too_large' });
      expect(await backend.records(topic.name)).toEqual([]);
    });

    it('refuses at the bound of its buffer, and after close', async () => {
      const { clients } = get();
      const topic = noteTopic();
      const bus = clients.open({ publishBufferItems: 10 });
      await expect(bus.publish(topic, outgoing(['a'], 11))).rejects.toMatchObject({
        code: 'publish_buffer_full',
      });
      await bus.publish(topic, outgoing(['a'], 10));
      await bus.close();
      await expect(bus.publish(topic, outgoing(['a'], 1))).rejects.toMatchObject({ code: 'bus_closed' });
    });

    it('keeps the order of one key over calls that run at the same time, from several publishers', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      await clients.open().subscribe(subscription(topic, received.handle));
      const publishers = ['a', 'b', 'c'].map((lane) => ({ lane, bus: clients.open() }));
      await Promise.all(
        publishers.flatMap(({ lane, bus }) =>
          upTo(40).map((n) => bus.publish(topic, outgoing([lane, 'all'], 5, n * 5))),
        ),
      );
      await vi.waitFor(() => expect(received.events).toHaveLength(1_200), { timeout: deadlineMs });
      for (const { lane } of publishers) expect(received.lane(lane)).toEqual(upTo(200));
    });

    it('has a fixed partition count, and names the partition of a key', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      const bus = clients.open({}, 3);
      expect(await bus.partitionCount(topic)).toBe(3);
      expect(await clients.open({}, 7).partitionCount(topic)).toBe(3);
      await bus.subscribe(subscription(topic, received.handle));
      await bus.publish(topic, outgoing(['a', 'b', 'c', 'd'], 1));
      await vi.waitFor(() => expect(received.events).toHaveLength(4), { timeout: deadlineMs });
      for (const event of received.events)
        expect(await bus.partitionOf(topic, event.key)).toBe(event.partition);
    });
  });
}
