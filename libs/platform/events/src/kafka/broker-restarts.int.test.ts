import { setTimeout as delay } from 'node:timers/promises';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually, freePort } from '@causeway/testing';
import { startKafkaBrokers, type TestBrokers } from '@causeway/testing/engines';
import { byNight, nightly } from '@causeway/testing/faults';
import { afterEach, describe, expect, it } from 'vitest';
import { noteTopic, outgoing, Received, subscription, upTo } from '../conformance/note-topic.js';
import { openEventBus, type EventBus } from '../index.js';

const lanes = ['a', 'b', 'c', 'd', 'e', 'f'];
const settled = { deadlineMs: 90_000 };

describeWithEngine('kafka', 'Kafka brokers that start and stop', () => {
  let brokers: TestBrokers | undefined;
  let buses: EventBus[] = [];

  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
    buses = [];
    await brokers?.stop();
    brokers = undefined;
  }, 60_000);

  function open(addresses: readonly string[]): EventBus {
    const bus = openEventBus(`kafka://${addresses.join()}`, {
      clientId: 'restarts',
      logger: createLogger({ service: 'restarts', level: 'silent' }),
      metrics: createMetrics('restarts'),
      partitions: 4,
      // Nothing may be refused while a broker is away: what was taken must be there in the end.
      tuning: { publishDeadlineMs: 120_000, closeGraceMs: 500 },
    });
    buses.push(bus);
    return bus;
  }

  /** Publishes all the while, and then checks that every acknowledged event was handled, each lane in order. */
  async function loseNothing(
    bus: EventBus,
    topic: ReturnType<typeof noteTopic>,
    received: readonly Received[],
    during: () => Promise<void>,
  ): Promise<void> {
    let over = false;
    const work = during().finally(() => (over = true));
    let next = 0;
    const published: Promise<void>[] = [];
    while (!over) {
      published.push(bus.publish(topic, outgoing(lanes, 1, next++)));
      await delay(50);
    }
    await work;
    published.push(bus.publish(topic, outgoing(lanes, 1, next++)));
    await Promise.all(published);
    await eventually(() => {
      // Delivery is at least once: what counts is the first time.
      for (const lane of lanes) {
        const handled = received.flatMap((one) => one.lane(lane)).sort((one, two) => one - two);
        expect([...new Set(handled)]).toEqual(upTo(next));
      }
    }, settled);
    // With one member: between two, a lane that comes back goes on wherever the other one had come to.
    if (received.length === 1) for (const lane of lanes) expectNoLeap(received[0]?.lane(lane) ?? []);
  }

  /** Events may come again from the last commit on, but none may come before those that precede it. */
  function expectNoLeap(numbers: readonly number[]): void {
    const leaps = numbers.filter((n, index) => n > (numbers[index - 1] ?? -1) + 1);
    expect(leaps).toEqual([]);
  }

  it(
    'joins and publishes before the broker is there, and goes on after it was restarted',
    { timeout: 240_000 },
    async () => {
      const port = await freePort();
      const bus = open([`127.0.0.1:${port}`]);
      const topic = noteTopic();
      const received = new Received();
      const joining = bus.subscribe(subscription(topic, received.handle));
      const early = bus.publish(topic, outgoing(['early'], 3));
      brokers = await startKafkaBrokers({ port });
      await joining;
      await early;
      await eventually(() => expect(received.lane('early')).toEqual(upTo(3)), settled);
      const [broker] = brokers.brokers;
      await loseNothing(bus, topic, [received], async () => {
        await delay(500);
        await broker?.restart();
      });
    },
  );

  describe.runIf(nightly)(byNight('of a cluster of three'), () => {
    it('loses nothing while they are restarted one after another', { timeout: 600_000 }, async () => {
      brokers = await startKafkaBrokers({ count: 3 });
      const addresses = brokers.brokers.map(({ address }) => address);
      const topic = noteTopic();
      const received = [new Received(), new Received()];
      const members = received.map((one) => ({ one, bus: open(addresses) }));
      for (const { one, bus } of members) await bus.subscribe(subscription(topic, one.handle));
      await loseNothing(open(addresses), topic, received, async () => {
        for (const broker of brokers?.brokers ?? []) {
          await broker.restart();
          await delay(5_000);
        }
      });
    });
  });
});
