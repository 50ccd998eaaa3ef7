import { readConfig } from '@causeway/config';
import { topics } from '@causeway/contracts';
import { ensureTopics } from '@causeway/events';
import { testPasswords } from '@causeway/store/testing';
import { createLogger } from '@causeway/telemetry';
import { createTestAuthority, describeWithEngine, eventually } from '@causeway/testing';
import { startKafkaBrokers, type TestBroker, type TestBrokers } from '@causeway/testing/engines';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrationSections } from '../stack/migration-settings.js';
import { serviceNames } from '../stack/service-names.js';
import { applyGrants } from './apply-grants.js';

type Service = (typeof serviceNames)[number];

const logger = createLogger({ service: 'migrate', level: 'silent' });
const names = topics.flatMap(({ name }) => [name, `${name}.dlq`]);
const pattern = 'User:CN=causeway_{service}';
const noRetries = { retries: 0 };
/** kafkajs also hides behind a coordinator that it cannot find that the broker does not name it. */
const noGroup = /^(GROUP_AUTHORIZATION_FAILED|KafkaJSGroupCoordinatorNotFound: .*)$/;
const refused = new RegExp(`^TOPIC_AUTHORIZATION_FAILED$|${noGroup.source}`);

/** The protocol's name of a refusal, or `allowed`. */
async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'allowed';
  } catch (error) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      const type: unknown = Reflect.get(at, 'type');
      if (typeof type === 'string') return type;
    }
    return String(error);
  }
}

describeWithEngine('kafka', 'principals of the services in Kafka', () => {
  const authority = createTestAuthority();
  let brokers: TestBrokers;
  let broker: TestBroker;

  const settingsOf = (address: string) =>
    readConfig(migrationSections, {
      CAUSEWAY_EVENTS_URL: `kafka://${address}`,
      CAUSEWAY_EVENTS_ACL_PRINCIPAL: pattern,
      CAUSEWAY_ADMIN_DATABASE_URL: 'postgres://unused',
      CAUSEWAY_ROLE_PASSWORDS: JSON.stringify(testPasswords),
    });

  beforeAll(async () => {
    brokers = await startKafkaBrokers({
      certificates: { ca: authority.ca, ...authority.issue('broker') },
      environment: {
        KAFKA_AUTHORIZER_CLASS_NAME: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        // Whoever comes in clear text, which in this test is the administrator and the broker itself.
        KAFKA_SUPER_USERS: 'User:ANONYMOUS',
      },
    });
    broker = brokers.brokers[0] as TestBroker;
    const options = { clientId: 'test', logger, partitions: 1 };
    await ensureTopics(`kafka://${broker.address}`, topics, options);
  }, 120_000);
  afterAll(() => brokers.stop());

  function clientOf(service: Service): Kafka {
    const { certificate: cert, key } = authority.issue(`causeway_${service}`);
    return new Kafka({
      clientId: service,
      brokers: [broker.mutual ?? ''],
      ssl: { ca: authority.ca, cert, key },
      logLevel: logLevel.NOTHING,
      connectionTimeout: 10_000,
      retry: noRetries,
    });
  }

  /** Writes one event to each topic. @returns what became of each */
  async function write(kafka: Kafka, to: readonly string[], idempotent = false): Promise<string[]> {
    const producer = kafka.producer({ idempotent, maxInFlightRequests: 1, retry: { retries: 1 } });
    const results: string[] = [];
    const connected = await outcome(producer.connect());
    for (const topic of to) {
      const sending = () => producer.send({ topic, acks: -1, messages: [{ key: 'k', value: 'v' }] });
      results.push(connected === 'allowed' ? await outcome(sending()) : connected);
    }
    await producer.disconnect();
    return results;
  }

  async function read(kafka: Kafka, topic: string, groupId: string): Promise<string> {
    const consumer = kafka.consumer({
      groupId,
      retry: { ...noRetries, restartOnFailure: async () => false },
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const settled = Promise.withResolvers<void>();
      consumer.on(consumer.events.CRASH, ({ payload }) => settled.reject(payload.error));
      consumer.on(consumer.events.FETCH, () => settled.resolve());
      await consumer.run({ eachMessage: async () => undefined });
      return await outcome(settled.promise);
    } catch (error) {
      return await outcome(Promise.reject(error as Error));
    } finally {
      await consumer.disconnect();
    }
  }

  it('have nothing before they are given anything', async () => {
    const kafka = clientOf('accounts');
    expect(await write(kafka, ['causeway.account.v1'])).toEqual(['TOPIC_AUTHORIZATION_FAILED']);
    expect(await write(kafka, ['causeway.account.v1'], true)).toEqual(['CLUSTER_AUTHORIZATION_FAILED']);
  });

  it('are given the table, what is not in it is taken away, and a second run changes nothing', async () => {
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const entry = {
      resourceType: 2,
      resourceName: 'causeway.push.v1',
      resourcePatternType: 3,
      host: '*',
      operation: 3,
      permissionType: 3,
    };
    const acl = ['User:CN=causeway_keys', 'User:somebody'].map((principal) => ({ ...entry, principal }));
    await admin.createAcls({ acl });
    const first = await applyGrants(settingsOf(broker.address), logger);
    expect(first.kafkaAcls?.deleted).toBe(1);
    expect(first.kafkaAcls?.created).toBeGreaterThan(40);
    expect(await applyGrants(settingsOf(broker.address), logger)).toEqual({
      kafkaAcls: { created: 0, deleted: 0 },
    });
    const { resources } = await admin.describeAcls({ ...entry, permissionType: 1 });
    const readers = resources.flatMap(({ acls }) => acls.map(({ principal }) => principal));
    expect(readers.sort()).toEqual(['User:CN=causeway_fanout', 'User:somebody']);
    await admin.disconnect();
  });

  describe.each(serviceNames)('%s', (service) => {
    const produced = topics.filter(({ producers }) => producers.includes(service)).map(({ name }) => name);
    const consumed = topics.filter(({ consumers }) => consumers.includes(service)).map(({ name }) => name);
    const writable = [...produced, ...consumed.map((name) => `${name}.dlq`)];

    it('writes what it produces and its dead letters, and nothing else', async () => {
      const kafka = clientOf(service);
      const results = await write(kafka, names);
      const written = names.map((name, index) => [name, results[index]]);
      const expected = (name: string) => (writable.includes(name) ? 'allowed' : 'TOPIC_AUTHORIZATION_FAILED');
      expect(written).toEqual(names.map((name) => [name, expected(name)]));
      expect(new Set(await write(kafka, writable, true))).toEqual(new Set(['allowed']));
    });

    it('reads what it consumes in its own groups, and nothing else', async () => {
      const kafka = clientOf(service);
      for (const name of consumed) {
        // The broker makes the topic of its groups when it is first asked for one.
        const readOwn = async () =>
          expect(await read(kafka, name, `${service}.${name}`), name).toBe('allowed');
        await eventually(readOwn, { deadlineMs: 20_000 });
        expect(await read(kafka, name, `other.${name}`), name).toMatch(noGroup);
      }
      const own = consumed[0];
      // A service that consumes nothing has no group either.
      const group = own === undefined ? `${service}.none` : `${service}.${own}`;
      const denied = names.filter((name) => !consumed.includes(name));
      for (const name of denied) {
        expect(await read(kafka, name, group), name).toMatch(refused);
      }
    });

    it('changes nothing of the cluster', async () => {
      const admin = clientOf(service).admin();
      await admin.connect();
      const everything = { resourceType: 1, resourcePatternType: 1, operation: 1, permissionType: 1 };
      const attempts = {
        create: admin.createTopics({ topics: [{ topic: 'causeway.mine.v1' }] }),
        remove: admin.deleteTopics({ topics: ['causeway.account.v1'] }),
        list: admin.describeAcls(everything),
        give: admin.createAcls({
          acl: [
            {
              ...everything,
              resourceType: 2,
              resourcePatternType: 3,
              operation: 2,
              permissionType: 3,
              resourceName: 'causeway.push.v1',
              principal: `User:CN=causeway_${service}`,
              host: '*',
            },
          ],
        }),
      };
      for (const [what, attempt] of Object.entries(attempts)) {
        expect(await outcome(attempt), what).toMatch(
          /_AUTHORIZATION_FAILED|KafkaJSAggregateError|not authorized/i,
        );
      }
      await admin.disconnect();
    });
  });
});
