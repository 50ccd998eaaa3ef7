import { describe, expect, it, vi } from 'vitest';
import type { Fixture } from './index.js';
import { noteTopic, outgoing, Owned, Received, subscription, upTo } from './note-topic.js';

const lanes = Array.from({ length: 24 }, (_, n) => `lane-${n}`);

export function groupSuite(get: () => Fixture): void {
  describe('groups', () => {
    it('splits the partitions, and each event is handled by one member', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const members = [0, 1].map(() => ({ owned: new Owned(), received: new Received() }));
      for (const { owned, received } of members) {
        const { onAssigned, onRevoked } = owned;
        await clients.open().subscribe(subscription(topic, received.handle, { onAssigned, onRevoked }));
      }
      await vi.waitFor(
        () => {
          for (const { owned } of members) expect(owned.partitions.size).toBe(2);
          const all = members.flatMap(({ owned }) => [...owned.partitions]);
          expect([...all].sort()).toEqual([0, 1, 2, 3]);
        },
        { timeout: deadlineMs },
      );
      await clients.open().publish(topic, outgoing(lanes, 10));
      await vi.waitFor(
        () => expect(members.reduce((sum, { received }) => sum + received.events.length, 0)).toBe(240),
        { timeout: deadlineMs },
      );
      for (const { owned, received } of members) {
        expect(received.events.length).toBeGreaterThan(0);
        for (const event of received.events) expect(owned.partitions).toContain(event.partition);
      }
    });

    it('moves the partitions of a member that leaves, with a higher generation, in order and without a loss', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const [staying, leaving] = [new Owned(), new Owned()];
      const [kept, gone] = [new Received(), new Received()];
      const first = clients.open();
      await first.subscribe(subscription(topic, kept.handle, staying));
      const second = await clients.open().subscribe(subscription(topic, gone.handle, leaving));
      await vi.waitFor(() => expect([staying.partitions.size, leaving.partitions.size]).toEqual([2, 2]), {
        timeout: deadlineMs,
      });
      const publisher = clients.open();
      await publisher.publish(topic, outgoing(lanes, 5));
      await vi.waitFor(() => expect(kept.events.length + gone.events.length).toBe(120), {
        timeout: deadlineMs,
      });
      await second.close();
      expect(leaving.partitions.size).toBe(0);
      await publisher.publish(topic, outgoing(lanes, 5, 5));
      await vi.waitFor(() => expect(staying.partitions.size).toBe(4), { timeout: deadlineMs });
      await vi.waitFor(() => expect(kept.events.length + gone.events.length).toBe(240), {
        timeout: deadlineMs,
      });
      expect(staying.generations.at(-1)).toBeGreaterThan(staying.generations[0] ?? Infinity);
      for (const lane of lanes) expect([...gone.lane(lane), ...kept.lane(lane)]).toEqual(upTo(10));
    });

    it('tells how far a consumer is behind, and how often its group was rebalanced', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const { bus, metric } = clients.measured({ lagMs: 100 });
      const labels = { topic: topic.name, group: 'conformance' };
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      await bus.publish(topic, outgoing(lanes, 2));
      const member = await bus.subscribe(subscription(topic, () => gate));
      await bus.publish(topic, outgoing(lanes, 1, 2));
      await vi.waitFor(async () => expect(await metric('events_lag', labels)).toBe(72), {
        timeout: deadlineMs,
        interval: 100,
      });
      expect(await metric('events_rebalances_total', labels)).toBeGreaterThanOrEqual(1);
      expect(await metric('events_rebalance_seconds_count', labels)).toBe(
        await metric('events_rebalances_total', labels),
      );
      open();
      await vi.waitFor(async () => expect(await metric('events_lag', labels)).toBe(0), {
        timeout: deadlineMs,
        interval: 100,
      });
      await member.close();
    });

    it('handles nothing of a partition before onAssigned has resolved', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      const bus = clients.open();
      await bus.publish(topic, outgoing(lanes, 1));
      await bus.subscribe(subscription(topic, received.handle, { onAssigned: () => gate }));
      await bus.publish(topic, outgoing(lanes, 1, 1));
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(received.events).toEqual([]);
      open();
      await vi.waitFor(() => expect(received.events).toHaveLength(48), { timeout: deadlineMs });
    });
  });
}
