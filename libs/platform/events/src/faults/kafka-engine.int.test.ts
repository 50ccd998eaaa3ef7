import { afterAll, inject } from 'vitest';
import { createTestDatabase, describeWithEngine, type TestDatabase } from '@causeway/testing';
import { ownKafkaBehindProxy } from '@causeway/testing/faults';
import { engineTrials } from './engine-trials.fixture.js';

const databases: TestDatabase[] = [];

afterAll(() => Promise.all(databases.map((database) => database.drop())));

describeWithEngine('kafka', 'an engine under faults: Kafka', () => {
  engineTrials('Kafka', ownKafkaBehindProxy, async ({ url }) => {
    const database = await createTestDatabase(inject('engines'));
    databases.push(database);
    return { bus: `kafka://${url}`, effects: database.url };
  });
});
