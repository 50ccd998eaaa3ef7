import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { noteTopic, outgoing, Received, subscription } from '../conformance/note-topic.js';
import { EventBusError, openEventBus } from '../index.js';
import { installKafkajsGuards } from './kafkajs-guards.js';

function open(url: string) {
  return openEventBus(url, {
    clientId: 'test',
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('test'),
    partitions: 4,
    tuning: { publishDeadlineMs: 200 },
  });
}

describe('a Kafka bus without a broker', () => {
  // Nothing listens on port 1.
  it('refuses to publish at the deadline, and gives up joining when it is closed', async () => {
    const bus = open('kafka://127.0.0.1:1');
    const topic = noteTopic();
    const joining = bus
      .subscribe(subscription(topic, new Received().handle))
      .catch((error: unknown) => error);
    await expect(bus.publish(topic, outgoing(['a'], 1))).rejects.toMatchObject({ code: 'publish_timeout' });
    await expect(bus.partitionCount(topic)).rejects.toMatchObject({ code: 'topic_unavailable' });
    await bus.close();
    expect(await joining).toMatchObject({ code: 'bus_closed' });
  });

  it.each(['', 'redis://x:1', 'kafka://', 'kafka://host', 'kafka://a:1,b', 'postgres://x'])(
    'refuses the URL "%s"',
    (url) => {
      expect(() => open(url)).toThrow(EventBusError);
    },
  );
});

describe('guards', () => {
  it('keep the request queue from arming a timer when nothing is pending', () => {
    installKafkajsGuards();
    const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
      o: object,
    ) => {
      pending: unknown[];
      throttleCheckTimeoutId: unknown;
      scheduleCheckPendingRequests(): void;
      destroy(): void;
    };
    const queue = new RequestQueue({ logger: { debug: () => undefined }, clientId: 'x', broker: 'y' });
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
    queue.pending.push({});
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    queue.destroy();
  });
});
