import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Postgres, sql } from '@causeway/postgres';
import { describeWithEngine } from '../../index.js';
import {
  ownEmbeddedPostgres,
  ownFullablePostgres,
  ownKafka,
  ownPostgres,
  ownRedis,
  type FullablePostgres,
  type OwnEngine,
} from '../index.js';
import { askByTcp } from './ask-by-tcp.js';

const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
/** Metadata (key 3), version 1, of no topic: the answer names the brokers. */
const metadata = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0, 0, 0, 0]);
/** A server of PostgreSQL says N or S to a request for TLS. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

function disturbable(
  startEngine: () => Promise<OwnEngine>,
  question: Buffer,
  andThen: (engine: OwnEngine) => Promise<void> = () => Promise.resolve(),
): void {
  let engine: OwnEngine;
  const ask = () => askByTcp(engine, question, 500);

  beforeAll(async () => {
    engine = await startEngine();
  }, 120_000);
  afterAll(() => engine.remove());

  it('answers, is gone after a kill, and comes back at the same address', { timeout: 120_000 }, async () => {
    await ask();
    await engine.kill();
    await expect(ask()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|closed/);
    await engine.start();
    await ask();
    await andThen(engine);
  });

  it('is silent while it is frozen, and answers afterwards', async () => {
    await engine.freeze();
    await expect(ask()).rejects.toThrow('no answer');
    await engine.thaw();
    await ask();
  });
}

describeWithEngine('redis', 'an own Redis', () => {
  disturbable(ownRedis, Buffer.from('PING\r\n'));
});

describeWithEngine('kafka', 'an own Kafka behind a proxy', () => {
  const clientsPort = 47_123;
  disturbable(
    () => ownKafka({ advertisedPort: clientsPort }),
    apiVersions,
    async (engine) => {
      const answer = await askByTcp(engine, metadata, 5_000);
      // length, correlation, count of brokers, node id, host, port
      const host = answer.readInt16BE(16);
      expect(answer.readInt32BE(8)).toBe(1);
      expect(answer.readInt32BE(18 + host)).toBe(clientsPort);
    },
  );
});

describe('an own Postgres', () => {
  disturbable(ownPostgres, sslRequest);
});

describe('an own embedded Postgres', () => {
  disturbable(ownEmbeddedPostgres, sslRequest);
});

describe('data of an own Postgres', () => {
  it('is there after a kill', async () => {
    const engine = await ownPostgres();
    const options = { poolSize: 1, applicationName: 'test', statementTimeoutMs: 5_000 };
    const postgres = Postgres.connect(engine.url, options);
    await postgres.query(sql`create table t as select 7 as n`);
    await engine.kill();
    await expect(postgres.query(sql`select n from t`)).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    await engine.start();
    expect(await postgres.query(sql`select n from t`)).toEqual([{ n: 7 }]);
    await postgres.close();
    await engine.remove();
  });
});

// The run's own Postgres may be the one from npm; a small disk needs a container, as Redis does.
describeWithEngine('redis', 'an own Postgres with a small disk, where containers run as for Redis', () => {
  let engine: FullablePostgres;
  beforeAll(async () => {
    engine = await ownFullablePostgres();
  });
  afterAll(() => engine.remove());

  it('says that the disk is full, and goes on when there is room', async () => {
    const options = { poolSize: 1, applicationName: 'test', statementTimeoutMs: 5_000 };
    const postgres = Postgres.connect(engine.smallUrl, options);
    await postgres.query(sql`create table t (payload text)`);
    const grow = () =>
      postgres.query(sql`insert into t select repeat('x', 1000) from generate_series(1, 1000)`);
    await grow();
    await engine.fillDisk();
    await expect(grow()).rejects.toMatchObject({ code: 'disk_full' });
    await engine.freeDisk();
    await grow();
    expect(await postgres.query(sql`select count(*)::int as n from t`)).toEqual([{ n: 2_000 }]);
    await postgres.close();
  });
});
