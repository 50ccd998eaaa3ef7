import { describe, expect, it, vi } from 'vitest';
import type { HandleContext } from '../bus.js';
import type { Fixture } from './index.js';
import { note, noteTopic, outgoing, Received, subscription, upTo } from './note-topic.js';

const lanes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

export function deliverySuite(get: () => Fixture): void {
  describe('delivery', () => {
    it('hands over what was published, in the order of each key', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      const bus = clients.open();
      await bus.subscribe(subscription(topic, received.handle));
      await bus.publish(topic, outgoing(lanes, 50));
      await vi.waitFor(() => expect(received.events).toHaveLength(400), { timeout: deadlineMs });
      for (const lane of lanes) expect(received.lane(lane)).toEqual(upTo(50));
      const offsets = received.events
        .filter((event) => event.key === 'a')
        .map((event) => BigInt(event.offset));
      expect(offsets).toEqual([...offsets].sort((one, two) => (one < two ? -1 : 1)));
    });

    it('keeps order and loses nothing when a queue is full again and again', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      const bus = clients.open({ queueItems: 4, lanes: 2 });
      let working = 0;
      let most = 0;
      const handle: typeof received.handle = async (event) => {
        most = Math.max(most, ++working);
        await new Promise((resolve) => setImmediate(resolve));
        working -= 1;
        await received.handle(event);
      };
      await bus.subscribe(subscription(topic, handle));
      await bus.publish(topic, outgoing(lanes, 20));
      await vi.waitFor(() => expect(received.events).toHaveLength(160), { timeout: deadlineMs });
      for (const lane of lanes) expect(received.lane(lane)).toEqual(upTo(20));
      // Two lanes of each of four partitions.
      expect(most).toBeLessThanOrEqual(8);
    });

    it('holds no more events than its bound while they come faster than they are handled', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      const gate = Promise.withResolvers<void>();
      const { bus, metric } = clients.measured({ queueItems: 50, lanes: 2, lagMs: 20 });
      const labels = { topic: topic.name, group: 'conformance' };
      const rss = process.memoryUsage().rss;
      for (let from = 0; from < 250; from += 125) await bus.publish(topic, outgoing(lanes, 125, from));
      await bus.subscribe(
        subscription(topic, async (event) => {
          await gate.promise;
          await received.handle(event);
        }),
      );
      let most = 0;
      const look = async (): Promise<number> => {
        const now = (await metric('events_queued', labels)) ?? 0;
        most = Math.max(most, now);
        return now;
      };
      await vi.waitFor(
        async () => {
          expect(await metric('events_lag', labels)).toBe(2_000);
          // At least one of the four partitions has keys, and is full.
          expect(await look()).toBeGreaterThanOrEqual(50);
        },
        { timeout: deadlineMs },
      );
      gate.resolve();
      await vi.waitFor(
        async () => {
          await look();
          expect(received.events).toHaveLength(2_000);
        },
        { timeout: 2 * deadlineMs, interval: 10 },
      );
      expect(most).toBeLessThanOrEqual(4 * 50);
      for (const lane of lanes) expect(received.lane(lane)).toEqual(upTo(250));
      const grown = Math.round((process.memoryUsage().rss - rss) / 1024 / 1024);
      process.stdout.write(
        `2,000 events through queues of 50: at most ${most} held, RSS ${grown} MiB more\n`,
      );
    });

    it('gives a group everything from the beginning, and a broadcast member what comes after it', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const [shared, other, one, two] = [new Received(), new Received(), new Received(), new Received()];
      const bus = clients.open();
      await bus.publish(topic, outgoing(['a', 'b'], 3));
      await bus.subscribe(subscription(topic, one.handle, { mode: 'broadcast' }));
      await clients.open().subscribe(subscription(topic, two.handle, { mode: 'broadcast' }));
      await bus.subscribe(subscription(topic, shared.handle));
      await bus.subscribe(subscription(topic, other.handle, { group: 'another' }));
      await bus.publish(topic, outgoing(['a', 'b'], 2, 3));
      await vi.waitFor(
        () => {
          for (const all of [shared, other]) expect(all.lane('a')).toEqual(upTo(5));
          for (const later of [one, two]) expect(later.lane('b')).toEqual([3, 4]);
        },
        { timeout: deadlineMs },
      );
      for (const later of [one, two]) expect(later.events).toHaveLength(4);
    });

    it('goes on from the last commit after a close', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const [first, second] = [new Received(), new Received()];
      const bus = clients.open();
      await bus.publish(topic, outgoing(lanes, 2));
      const before = await bus.subscribe(subscription(topic, first.handle));
      await vi.waitFor(() => expect(first.events).toHaveLength(16), { timeout: deadlineMs });
      await before.close();
      await bus.publish(topic, outgoing(lanes, 1, 2));
      await clients.open().subscribe(subscription(topic, second.handle));
      await vi.waitFor(() => expect(second.events).toHaveLength(8), { timeout: deadlineMs });
      expect(second.events.map((event) => event.data.n)).toEqual(Array(8).fill(2));
    });

    it('delivers again what a member that went away did not finish, and nothing behind it is lost', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const started: string[] = [];
      const aborted: string[] = [];
      const done = new Received();
      const dying = clients.open();
      const hang = async (
        event: { key: string; data: { n: number } },
        context: HandleContext,
      ): Promise<void> => {
        started.push(event.key);
        if (event.key !== 'a') return;
        await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
        aborted.push(event.key);
        throw new Error('interrupted');
      };
      await dying.publish(topic, outgoing(lanes, 3));
      await dying.subscribe(subscription(topic, hang));
      await vi.waitFor(() => expect(started.length).toBeGreaterThanOrEqual(22), { timeout: deadlineMs });
      await dying.close();
      expect(aborted).toEqual(['a']);
      await clients.open().subscribe(subscription(topic, done.handle));
      await vi.waitFor(() => expect(done.lane('a')).toEqual(upTo(3)), { timeout: deadlineMs });
    });

    it('tries again with a wait, and the key stays in order meanwhile', async () => {
      const { clients, deadlineMs } = get();
      const topic = noteTopic();
      const received = new Received();
      let failures = 0;
      await clients.open().subscribe(
        subscription(topic, async (event) => {
          if (event.data.n === 0 && failures < 2) {
            failures += 1;
            throw new Error('not yet');
          }
          await received.handle(event);
        }),
      );
      await clients.open().publish(topic, outgoing(['a'], 5));
      await vi.waitFor(() => expect(received.lane('a')).toEqual(upTo(5)), { timeout: deadlineMs });
      expect(failures).toBe(2);
    });

    it('gives up on a handler that does not finish in time', async () => {
      const { clients, deadlineMs, backend } = get();
      const topic = noteTopic();
      const received = new Received();
      const bus = clients.open({ handlerDeadlineMs: 30 });
      await bus.subscribe(
        subscription(topic, (event) =>
          event.key === 'stuck' ? new Promise<void>(() => undefined) : received.handle(event),
        ),
      );
      await bus.publish(topic, [{ data: note('stuck', 0) }, { data: note('fine', 1) }]);
      await vi.waitFor(
        async () => {
          expect(received.lane('fine')).toEqual([1]);
          expect(await backend.records(`${topic.name}.dlq`)).toHaveLength(1);
        },
        { timeout: deadlineMs, interval: 200 },
      );
    });
  });
}
