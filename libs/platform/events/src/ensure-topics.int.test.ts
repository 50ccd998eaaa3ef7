import { randomUUID } from 'node:crypto';
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
      message: expect.stringContaining(`topic ${fixed} has 3 partitions, not 4`),
    });
    const made = await ensure([other, fixed], 3);
    expect(made.filter(({ created }) => created).map(({ name }) => name)).toEqual([other, `${other}.dlq`]);
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

describeWithEngine('kafka', 'topics on Kafka', (brokers) => suite(`kafka://${brokers}`, () => ({})));

it('says that no broker answers', async () => {
  // Nothing listens on port 1.
  const ensuring = ensureTopics('kafka://127.0.0.1:1', [{ name: 'x.v1' }], {
    ...settled,
    partitions: 1,
    deadlineMs: 500,
  });
  await expect(ensuring).rejects.toMatchObject({ code: 'topic_unavailable' });
});
