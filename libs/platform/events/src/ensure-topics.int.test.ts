import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { Postgres } from '@causeway/postgres';
import { createLogger } from '@causeway/telemetry';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ensureTopics, migrateEventLog } from './index.js';
import type { EventLogOptions } from './open-event-log.js';

const logger = createLogger({ service: 'ensure-topics', level: 'silent' });
const settled = { clientId: 'ensure-topics', logger };

function suite(url: string, more: () => Partial<EventLogOptions>): void {
  const ensure = (names: readonly string[], partitions: number) =>
    ensureTopics(
      url,
      names.map((name) => ({ name })),
      { ...settled, ...more(), partitions },
    );
  const newName = () => `ensure.${randomUUID()}.v1`;

  it('creates what is missing, each with its dead letters, and nothing the second time', async () => {
    const name = newName();
    const [topic, deadLetters] = await ensure([name], 3);
    expect(topic).toEqual({ name, partitions: 3, created: true });
    expect(deadLetters).toEqual({ name: `${name}.dlq`, partitions: 3, created: true });
    const again = await ensure([name], 3);
    expect(again.map(({ created }) => created)).toEqual([false, false]);
  });

  it('refuses another count for a topic that exists, and then makes none of the others', async () => {
    const [fixed, other] = [newName(), newName()];
    await ensure([fixed], 3);
    await expect(ensure([other, fixed], 4)).rejects.toMatchObject({
      code: 'partitions_differ',
      message: expect.stringMatching(
        new RegExp(
          `^topic ${fixed} has 3 partitions, not 4: .* \\(partitions_differ\\)\\ntopic ${fixed}.dlq has`,
        ),
      ),
    });
    const made = await ensure([other, fixed], 3);
    expect(made.filter(({ created }) => created).map(({ name }) => name)).toEqual([other, `${other}.dlq`]);
  });

  it('refuses a topic that keeps events shorter, or longer, than its contract says', async () => {
    const name = newName();
    const of = (retentionMs: number) =>
      ensureTopics(url, [{ name, retentionMs }], { ...settled, ...more(), partitions: 1 });
    await of(600_000);
    expect(await of(600_000)).toMatchObject([{ created: false }, { created: false }]);
    await expect(of(600_001)).rejects.toMatchObject({ code: 'retention_too_short' });
    await expect(of(599_999)).rejects.toMatchObject({
      code: 'retention_too_long',
      message: `topic ${name} keeps events 600000 ms, its contract says 599999 ms (retention_too_long)`,
    });
  });
}

describe('topics on Postgres', () => {
  let database: TestDatabase;
  let postgres: Postgres;

  beforeAll(async () => {
    database = await createTestDatabase(inject('engines'));
    const options = { poolSize: 4, applicationName: 'ensure-topics', statementTimeoutMs: 5_000 };
    postgres = Postgres.connect(database.url, options);
    await migrateEventLog(postgres);
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });

  suite('postgres:', () => ({ postgres }));
});

describeWithEngine('kafka', 'topics on Kafka', (brokers) => {
  suite(`kafka://${brokers}`, () => ({}));

  it('refuses a topic that somebody made to lose events, with a line for each fault, and makes nothing', async () => {
    const [bad, other] = [`ensure.${randomUUID()}.v1`, `ensure.${randomUUID()}.v1`];
    const settings = {
      'cleanup.policy': 'compact',
      'retention.ms': '1000',
      'unclean.leader.election.enable': 'true',
    };
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      await admin.createTopics({ topics: [{ topic: bad, numPartitions: 2, configEntries }] });
      const topics = [{ name: other }, { name: bad }];
      const ensuring = ensureTopics(`kafka://${brokers}`, topics, { ...settled, partitions: 2 });
      const error = await ensuring.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'topic_compacted',
        problems: [
          { topic: bad, code: 'topic_compacted' },
          { topic: bad, code: 'retention_too_short' },
          { topic: bad, code: 'unclean_leader_election' },
        ],
      });
      expect((error as Error).message.split('\n')).toHaveLength(3);
      expect(await admin.listTopics()).not.toContain(other);
    } finally {
      await admin.disconnect();
    }
  });
});

it('says that no broker answers', async () => {
  // Nothing listens on port 1.
  const ensuring = ensureTopics('kafka://127.0.0.1:1', [{ name: 'x.v1' }], {
    ...settled,
    partitions: 1,
    deadlineMs: 500,
  });
  await expect(ensuring).rejects.toMatchObject({
    code: 'topic_unavailable',
    message: 'the event log did not answer (ECONNREFUSED)',
  });
});
