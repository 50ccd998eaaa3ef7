import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { noteTopic, outgoing, Owned, Received, subscription, upTo } from '../conformance/note-topic.js';
import { openEventBus, type BusTuning, type EventBus } from '../index.js';

/** As long as a fetch of a service waits: the time between two heartbeats. */
const waitMs = 3_000;

describeWithEngine('kafka', 'fetches that wait long', (brokers) => {
  let buses: EventBus[];
  beforeEach(() => {
    buses = [];
  });
  afterEach(() => Promise.all(buses.map((bus) => bus.close())));

  function open(tuning: Partial<BusTuning> = {}): EventBus {
    const bus = openEventBus(`kafka://${brokers}`, {
      clientId: 'long-waits',
      logger: createLogger({ service: 'long-waits', level: 'silent' }),
      metrics: createMetrics('long-waits'),
      partitions: 2,
      tuning,
    });
    buses.push(bus);
    return bus;
  }

  it('do not delay an event, nor a member that leaves', { timeout: 60_000 }, async () => {
    const topic = noteTopic();
    const [received, owned] = [new Received(), new Owned()];
    const staying = open();
    await staying.subscribe(subscription(topic, received.handle, owned));
    const [delays, leaves]: [number[], number[]] = [[], []];
    for (let round = 0; round < 2; round++) {
      const member = await open().subscribe(subscription(topic, received.handle));
      await eventually(() => expect(owned.partitions.size).toBe(1), { deadlineMs: 15_000 });
      const published = performance.now();
      await staying.publish(topic, outgoing(['a'], 1, round));
      await eventually(() => expect(received.lane('a')).toContain(round), { everyMs: 10 });
      const left = performance.now();
      await member.close();
      delays.push(left - published);
      leaves.push(performance.now() - left);
      await eventually(() => expect(owned.partitions.size).toBe(2), { deadlineMs: 15_000 });
    }
    // A busy machine may delay one of them, and not all.
    expect(Math.min(...delays)).toBeLessThan(waitMs / 2);
    expect(Math.min(...leaves)).toBeLessThan(waitMs / 2);
  });

  it('are short while a partition is paused, which then goes on soon', { timeout: 60_000 }, async () => {
    const topic = noteTopic();
    const received = new Received();
    const bus = open({ queueItems: 4 });
    await bus.subscribe(subscription(topic, received.handle));
    const published = performance.now();
    await bus.publish(topic, outgoing(['a'], 40));
    await eventually(() => expect(received.lane('a')).toEqual(upTo(40)), { deadlineMs: 40_000 });
    // A full queue ten times over.
    expect(performance.now() - published).toBeLessThan(5 * waitMs);
  });
});
