import { afterAll, inject } from 'vitest';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { consumerTrials } from './consumer-trials.fixture.js';

const databases: TestDatabase[] = [];

afterAll(() => Promise.all(databases.map((database) => database.drop())));

describeWithEngine('kafka', 'consumers under faults on Kafka', (brokers) => {
  consumerTrials('Kafka', async () => {
    // Effects are in Postgres, as those of the services are.
    const database = await createTestDatabase(inject('engines'));
    databases.push(database);
    return { bus: `kafka://${brokers}`, effects: database.url };
  });
});
