import { afterAll, describe, inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@causeway/testing';
import { migrateEventLog } from '../index.js';
import { consumerTrials } from './consumer-trials.fixture.js';
import { connect } from './member.fixture.js';

const databases: TestDatabase[] = [];

afterAll(() => Promise.all(databases.map((database) => database.drop())));

describe('consumers under faults on Postgres', () => {
  consumerTrials('Postgres', async () => {
    const database = await createTestDatabase(inject('engines'));
    databases.push(database);
    const postgres = connect(database.url);
    await migrateEventLog(postgres);
    await postgres.close();
    return { bus: 'postgres:', log: database.url, effects: database.url };
  });
});
