import { inject } from 'vitest';
import { Postgres, sql } from '@causeway/postgres';
import { createLogger } from '@causeway/telemetry';
import { createTestDatabase } from '@causeway/testing';
import { eventBusConformance } from '../conformance/index.js';
import { createParkedEvents } from '../conformance/parked-events-table.js';
import { DeadLetters, migrateEventLog, openEventBus } from '../index.js';

const logger = createLogger({ service: 'events-test', level: 'silent' });

eventBusConformance('Postgres', async () => {
  const database = await createTestDatabase(inject('engines'));
  const postgres = Postgres.connect(database.url, {
    poolSize: 10,
    applicationName: 'events-test',
    statementTimeoutMs: 5_000,
  });
  await migrateEventLog(postgres);
  await migrateEventLog(postgres);
  await createParkedEvents(postgres);
  return {
    postgres,
    deadLetters: (topics) =>
      DeadLetters.open('postgres:', topics, { clientId: 'operator', postgres, logger, partitions: 4 }),
    open: (options) => openEventBus('postgres:', { ...options, postgres }),
    records: (topic) =>
      postgres.query(sql`select key, headers, payload from eventlog.events
                         where topic = ${topic} order by partition, "offset"`),
    async inject(topic, { key, headers, payload }) {
      await postgres.transaction(async (tx) => {
        const [head] = await tx.query<{ offset: string }>(sql`
          update eventlog.heads set next_offset = next_offset + 1
          where topic = ${topic} and partition = 0 returning next_offset - 1 as offset`);
        await tx.query(sql`insert into eventlog.events (topic, partition, "offset", key, headers, payload)
          values (${topic}, 0, ${head?.offset}, ${key ?? ''}, ${JSON.stringify(headers)}, ${payload})`);
      });
    },
    async close() {
      await postgres.close();
      await database.drop();
    },
  };
});
