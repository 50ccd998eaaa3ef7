import { describe, expect, inject, it } from 'vitest';
import { Postgres, sql } from '@causeway/postgres';
import { createTestDatabase, describeWithEngine } from '../index.js';

describe('createTestDatabase', () => {
  it('gives each caller an empty database on the postgres of the run', async () => {
    const [one, two] = [
      await createTestDatabase(inject('engines')),
      await createTestDatabase(inject('engines')),
    ];
    expect(one.url).not.toBe(two.url);
    const postgres = Postgres.connect(one.url, {
      poolSize: 1,
      applicationName: 'test',
      statementTimeoutMs: 5_000,
    });
    await postgres.query(sql`create table here (id int)`);
    await one.drop();
    await two.drop();
    await expect(postgres.query(sql`select 1`)).rejects.toMatchObject({ code: 'database_unavailable' });
    await postgres.close();
  });

  it('copies a template', async () => {
    const template = await createTestDatabase(inject('engines'));
    const name = new URL(template.url).pathname.slice(1);
    const options = { poolSize: 1, applicationName: 'test', statementTimeoutMs: 5_000 };
    const original = Postgres.connect(template.url, options);
    await original.query(sql`create table t as select 7 as n`);
    await original.close();
    const copy = await createTestDatabase(inject('engines'), { template: name });
    const postgres = Postgres.connect(copy.url, options);
    expect(await postgres.query(sql`select n from t`)).toEqual([{ n: 7 }]);
    await postgres.close();
    await copy.drop();
    await template.drop();
  });
});

describeWithEngine('redis', 'redis of the run', (url) => {
  it('has an address', () => expect(url).toMatch(/^redis:\/\//));
});

describeWithEngine('kafka', 'kafka of the run', (brokers) => {
  it('has an address', () => expect(brokers).toMatch(/^[^:]+:\d+$/));
});

describeWithEngine('s3', 's3 of the run', (s3) => {
  it('answers', async () => {
    const response = await fetch(s3.endpoint);
    expect(response.status).toBeGreaterThanOrEqual(200);
  });
});
