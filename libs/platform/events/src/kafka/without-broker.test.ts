import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { noteTopic, outgoing, Received, subscription } from '../conformance/note-topic.js';
import { EventBusError, openEventBus } from '../index.js';
import { endFetchWaits } from './fetch-waits.js';
import { installKafkajsGuards } from './kafkajs-guards.js';

installKafkajsGuards();

/** A request queue of kafkajs, and what became of a request that it sent. */
interface RequestQueue {
  pending: unknown[];
  throttleCheckTimeoutId: unknown;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
  push(request: object): void;
  readonly inflight: ReadonlyMap<number, { readonly entry: { readonly apiKey: number } }>;
  fulfillRequest(answer: { correlationId: number; size: number; payload: Buffer }): void;
  destroy(): void;
}

const require = createRequire(import.meta.url);
const Queue = require('kafkajs/src/network/requestQueue') as new (options: object) => RequestQueue;

function requestQueue(isConnected = () => true): RequestQueue {
  const logger = { debug: () => undefined, warn: () => undefined };
  const bounds = { requestTimeout: 10_000, enforceRequestTimeout: true };
  return new Queue({ logger, clientId: 'x', broker: 'y', isConnected, ...bounds });
}

/** Sends a request that gets no answer by itself. */
function send(queue: RequestQueue, correlationId: number, apiKey: number): Promise<unknown> {
  return new Promise((resolve, reject) =>
    queue.push({
      entry: { correlationId, apiKey, apiName: '', apiVersion: 0, resolve, reject },
      expectResponse: true,
      sendRequest: () => undefined,
    }),
  );
}

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
  afterEach(() => void vi.useRealTimers());

  it('keep the request queue from arming a timer when nothing is pending', () => {
    const queue = requestQueue();
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
    queue.pending.push({});
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    queue.destroy();
  });

  it('look for late answers on all connections with one timer, as long as one is open', async () => {
    vi.useFakeTimers();
    let connected = true;
    const queues = [1, 2, 3].map(() => requestQueue(() => connected));
    for (const queue of queues) queue.scheduleRequestTimeoutCheck();
    expect(vi.getTimerCount()).toBe(1);
    const late = queues.map((queue) => send(queue, 1, 3).catch((error: unknown) => error));
    await vi.advanceTimersByTimeAsync(12_000);
    for (const error of await Promise.all(late))
      expect(error).toMatchObject({ name: 'KafkaJSRequestTimeoutError' });
    connected = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('end a fetch that waits as if nothing had been found, and no other request', async () => {
    const queue = requestQueue();
    const fetched = send(queue, 1, 1) as Promise<{ payload: Buffer }>;
    const asked = send(queue, 2, 3);
    endFetchWaits({
      brokerPool: { brokers: { 0: { connectionPool: { pool: [{ requestQueue: queue }] } } } },
    });
    const { payload } = await fetched;
    for (const version of [4, 7, 11]) {
      const { decode } = require(`kafkajs/src/protocol/requests/fetch/v${version}/response`) as {
        decode(raw: Buffer): Promise<{ responses: unknown[] }>;
      };
      expect(await decode(payload)).toMatchObject({ responses: [] });
    }
    expect([...queue.inflight.keys()]).toEqual([2]);
    // The broker's own answer comes later, and matches nothing.
    queue.fulfillRequest({ correlationId: 1, size: 0, payload: Buffer.alloc(0) });
    queue.fulfillRequest({ correlationId: 2, size: 0, payload: Buffer.alloc(0) });
    await asked;
  });
});
