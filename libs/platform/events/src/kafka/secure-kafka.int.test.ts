import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine } from '@causeway/testing';
import {
  createTestAuthority,
  startKafkaBrokers,
  type TestAuthority,
  type TestBroker,
  type TestBrokers,
} from '@causeway/testing/engines';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { noteTopic, outgoing, Received, subscription, upTo } from '../conformance/note-topic.js';
import { ensureTopics, openEventBus, type EventBus, type KafkaCredentials } from '../index.js';

const password = 'a password with "signs"';
const sasl = { mechanism: 'scram-sha-512', username: 'causeway-keys', password } as const;

describeWithEngine('kafka', 'Kafka over TLS', () => {
  let brokers: TestBrokers | undefined;
  let broker: TestBroker;
  let authority: TestAuthority;
  let ca: string;
  let buses: EventBus[] = [];

  beforeAll(async () => {
    authority = createTestAuthority();
    ca = authority.ca;
    brokers = await startKafkaBrokers({ certificates: { ca, ...authority.issue('broker') } });
    broker = brokers.brokers[0] as TestBroker;
    const user = ['--entity-type', 'users', '--entity-name', sasl.username];
    // The broker takes one credential of a user at a time.
    for (const mechanism of ['SCRAM-SHA-512', 'SCRAM-SHA-256']) {
      const config = `${mechanism}=[password=${password}]`;
      await broker.run('kafka-configs', ['--alter', ...user, '--add-config', config]);
    }
  }, 120_000);
  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
    buses = [];
  });
  afterAll(() => brokers?.stop());

  function open(
    address: string | undefined,
    credentials: KafkaCredentials,
    publishDeadlineMs = 10_000,
  ): EventBus {
    const bus = openEventBus(`kafka+ssl://${address}`, {
      clientId: 'secure',
      credentials,
      logger: createLogger({ service: 'secure', level: 'silent' }),
      metrics: createMetrics('secure'),
      partitions: 2,
      tuning: { publishDeadlineMs, closeGraceMs: 200 },
    });
    buses.push(bus);
    return bus;
  }

  async function carries(bus: EventBus): Promise<void> {
    const topic = noteTopic();
    const received = new Received();
    await bus.subscribe(subscription(topic, received.handle));
    await bus.publish(topic, outgoing(['a', 'b'], 5));
    await vi.waitFor(() => expect(received.lane('a')).toEqual(upTo(5)), { timeout: 15_000 });
  }

  it.each(['scram-sha-512', 'scram-sha-256'] as const)(
    'carries events for a user that proves a password by %s',
    (mechanism) => carries(open(broker.scram, { ca, sasl: { ...sasl, mechanism } })),
  );

  it('carries events for a client that shows a certificate', () =>
    carries(open(broker.mutual, { ca, ...authority.issue('causeway-keys') })));

  it.each<[string, 'scram' | 'mutual', () => KafkaCredentials, RegExp]>([
    ['a wrong password', 'scram', () => ({ ca, sasl: { ...sasl, password: 'wrong' } }), /SASL/],
    ['no password', 'scram', () => ({ ca }), /Kafka|ILLEGAL|ECONN/],
    ['an authority that it does not trust', 'scram', () => ({ sasl }), /UNABLE_TO|SELF_SIGNED/],
    ['no certificate where one is asked for', 'mutual', () => ({ ca }), /SSL|ECONN|Kafka/],
    [
      'a certificate of somebody else',
      'mutual',
      () => ({ ca, ...createTestAuthority().issue('x') }),
      /SSL|ECONN|Kafka/,
    ],
  ])('refuses %s, and says why without the secret', async (_, listener, credentials, reason) => {
    const ensuring = ensureTopics(`kafka+ssl://${broker[listener]}`, [noteTopic()], {
      clientId: 'secure',
      credentials: credentials(),
      logger: createLogger({ service: 'secure', level: 'silent' }),
      partitions: 1,
      deadlineMs: 100,
    });
    const error = (await ensuring.catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'topic_unavailable', message: expect.stringMatching(reason) });
    expect(error.message).not.toContain(password);
  });

  it('does not speak to a listener with TLS in clear text', async () => {
    const bus = openEventBus(`kafka://${broker.scram}`, {
      clientId: 'secure',
      logger: createLogger({ service: 'secure', level: 'silent' }),
      metrics: createMetrics('secure'),
      partitions: 2,
      tuning: { publishDeadlineMs: 500 },
    });
    buses.push(bus);
    await expect(bus.publish(noteTopic(), outgoing(['a'], 1))).rejects.toMatchObject({
      code: 'publish_timeout',
    });
  });
});
