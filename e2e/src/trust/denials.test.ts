import { rmSync } from 'node:fs';
import { topics } from '@causeway/contracts';
import { Postgres, sql } from '@causeway/postgres';
import { RedisLine } from '@causeway/testing';
import { serviceNames, stackFolders, stackPorts, type StackEngines } from 'causeway/stack';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeColumn } from '../column/describe-column.js';
import { newDataDir } from '../column/paths.js';
import { productionUnits, type ProductionColumn } from '../column/production.js';
import { startSurroundings, type Surroundings } from '../column/surroundings.js';

type Service = (typeof serviceNames)[number];

/** With the column's own credentials of each service, which its processes would run with: they need not run for this. */
describeColumn('production', 'what the engines refuse each service', (engines) => {
  const dataDir = newDataDir();
  let surroundings: Surroundings;
  let column: ProductionColumn;

  beforeAll(async () => {
    const custody = 'gatekeeper';
    const options = { dataDir, ports: stackPorts(8730), custody, logLevel: 'info', further: {} } as const;
    surroundings = await startSurroundings(options);
    column = await productionUnits({ surroundings, logFile: stackFolders(dataDir).log }, engines);
  });
  afterAll(async () => {
    await column?.cleanUp();
    await surroundings?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  describe.each(serviceNames)('%s', (service) => {
    const other: Service = service === 'accounts' ? 'keys' : 'accounts';

    it('has its own tables in PostgreSQL and not those of another', async () => {
      const postgres = Postgres.connect(column.engines.databaseUrlOf(service), {
        poolSize: 1,
        applicationName: 'denials',
        statementTimeoutMs: 10_000,
      });
      const look = (schema: string) =>
        postgres.query(sql`select 1 from ${sql.ident(schema, 'inbox')} limit 1`);
      expect(await look(service)).toEqual([]);
      await expect(look(other)).rejects.toMatchObject({ code: 'permission_denied' });
      await postgres.close();
    });

    it('writes to its own topics in Kafka and to no other', async () => {
      const kafka = kafkaOf(column.engines, service);
      const describe = async (all: readonly string[]) => {
        const admin = kafka.admin();
        await admin.connect();
        return admin.fetchTopicMetadata({ topics: [...all] }).finally(() => admin.disconnect());
      };
      const own = topics.filter(({ producers, consumers }) => [...producers, ...consumers].includes(service));
      const names = own.map(({ name }) => name);
      expect((await describe(names)).topics).toHaveLength(names.length);
      const producer = kafka.producer({ retry: { retries: 0 } });
      await producer.connect();
      for (const { name, producers } of topics) {
        if (producers.includes(service)) continue;
        const write = producer.send({ topic: name, messages: [{ key: 'k', value: 'v' }] });
        await expect(write, name).rejects.toThrow(/not authorized/i);
      }
      await producer.disconnect();
    });

    it('has its own keys in Redis and neither those of another nor the server', async () => {
      const line = await RedisLine.open(column.engines.coordinationUrlOf(service));
      expect(await line.say('ping')).toBe('+PONG');
      for (const command of [
        'flushall',
        'acl list',
        'config get *',
        `hmget causeway:rate:${other}:{x} tokens`,
      ]) {
        expect(await line.say(command), command).toMatch(/^-NOPERM/);
      }
      line.close();
    });
  });

  it('refuses a certificate that gives no principal of ours any write', async () => {
    const producer = kafkaOf(column.engines, 'nobody' as Service).producer({ retry: { retries: 0 } });
    await producer.connect();
    const write = producer.send({ topic: 'causeway.account.v1', messages: [{ value: 'v' }] });
    await expect(write).rejects.toThrow(/not authorized/i);
    await producer.disconnect();
  });
});

function kafkaOf({ eventsUrl, extraOf }: StackEngines, service: Service): Kafka {
  const settings = extraOf(service);
  return new Kafka({
    clientId: service,
    brokers: [new URL(eventsUrl).host],
    ssl: {
      ca: settings['CAUSEWAY_EVENTS_CA'] ?? '',
      cert: settings['CAUSEWAY_EVENTS_CERTIFICATE'] ?? '',
      key: settings['CAUSEWAY_EVENTS_CERTIFICATE_KEY'] ?? '',
    },
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
}
