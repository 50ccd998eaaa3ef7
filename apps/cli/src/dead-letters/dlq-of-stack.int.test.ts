import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataRoot } from '../fixtures/data-root.js';
import { runInProcess } from '../fixtures/in-process.js';
import { startDatabase, type StackDatabase } from '../stack/database.js';
import { loadDevelopmentKeys } from '../stack/development-keys.js';
import { stackFolders } from '../stack/folders.js';

const PORT = 21_420;
let root: DataRoot;
let database: StackDatabase;

beforeAll(async () => {
  root = new DataRoot();
  const folder = stackFolders(root.path).database;
  database = await startDatabase(folder, PORT, loadDevelopmentKeys(root.path), () => undefined, true);
}, 60_000);
afterAll(() => root.remove(PORT));

const list = () => runInProcess(['--data-root', root.path, 'dlq', 'list', '--json'], {});

it('embedded column: looks into the database of a stack that runs, and of one that does not', async () => {
  const nothing = { code: 0, stdout: expect.stringContaining('"groups":[],"letters":[]') };
  expect(await list()).toMatchObject(nothing);
  expect(root.databaseProcess).toBeDefined();
  await database.stop();
  expect(await list()).toMatchObject(nothing);
  expect(root.databaseProcess).toBeUndefined();
}, 60_000);

it('says that there is no stack', async () => {
  await expect(runInProcess(['--data-root', '/nowhere', 'dlq', 'list'], {})).rejects.toMatchObject({
    code: 'nothing_here',
    message: expect.stringContaining('/nowhere'),
  });
});
