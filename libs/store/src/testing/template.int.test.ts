import { sql } from '@causeway/postgres';
import { createTestDatabase, describeWithEngine } from '@causeway/testing';
import { expect, it } from 'vitest';
import { migrationsFolder, readMigrations } from '../migrate/folder.js';
import { connectForTest } from './connect.js';
import { cloneTestDatabase, createTemplateDatabase } from './template.js';

describeWithEngine('postgres', 'test databases', (postgresUrl) => {
  it('come from one template, however many ask for it at once', async () => {
    const names = await Promise.all([1, 2, 3, 4].map(() => createTemplateDatabase(postgresUrl)));
    expect(new Set(names).size).toBe(1);
  });

  it('do not see each other, and have the rights of every role', async () => {
    const databases = await Promise.all([cloneTestDatabase(postgresUrl), cloneTestDatabase(postgresUrl)]);
    const [first, second] = databases.map((database) => connectForTest(database.urlFor('webhooks')));
    if (first === undefined || second === undefined) throw new Error('two databases were asked for');
    await first.query(sql`insert into webhooks.inbox (source, id) values ('s', '1')`);
    expect(await first.query(sql`select id from webhooks.inbox`)).toEqual([{ id: '1' }]);
    expect(await second.query(sql`select id from webhooks.inbox`)).toEqual([]);
    await Promise.all([first.close(), second.close()]);
    await Promise.all(databases.map((database) => database.drop()));
    const again = connectForTest(databases[0]?.url ?? '');
    await expect(again.query(sql`select 1`)).rejects.toThrow(/3D000/);
    await again.close();
  });

  it('can be made by name of the template too', async () => {
    const template = await createTemplateDatabase(postgresUrl);
    const database = await createTestDatabase({ postgresUrl }, { template });
    const postgres = connectForTest(database.url);
    const migrations = await readMigrations(migrationsFolder);
    expect(await postgres.query(sql`select 1 from _prisma_migrations`)).toHaveLength(migrations.length);
    await postgres.close();
    await database.drop();
  });
});
