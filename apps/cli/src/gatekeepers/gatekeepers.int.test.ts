import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess } from '../fixtures/in-process.js';

describeWithEngine('postgres', 'causeway gatekeepers', (postgresUrl) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
  });
  afterAll(() => database.drop());

  const run = (...argv: string[]) =>
    runInProcess(['gatekeepers', ...argv], { CAUSEWAY_ADMIN_DATABASE_URL: database.url });
  const json = async (...argv: string[]): Promise<unknown> =>
    JSON.parse((await run(...argv, '--json')).stdout);

  it('stops a gatekeeper, says so, and lets it go on', async () => {
    expect(await json('list')).toEqual({ ok: true, stopped: [] });
    const stopped = ['stop', 'simulator', '--reason', 'it asks for too much'];
    expect(await json(...stopped)).toEqual({ ok: true, gatekeeper: 'simulator', changed: true });
    expect(await json(...stopped)).toMatchObject({ changed: false });
    expect((await run('list')).stdout).toMatch(/^simulator stopped .*Z: it asks for too much$/m);
    expect(await json('resume', 'simulator')).toMatchObject({ changed: true });
    expect(await json('resume', 'simulator')).toMatchObject({ changed: false });
    expect((await run('list')).stdout).toContain('none is stopped');
  });

  it.each([
    [['stop', 'simulator']],
    [['stop', 'simulator', '--reason', ' ']],
    [['stop', 'simulator', '--reason', 'x'.repeat(201)]],
    [['stop', 'Not An Id', '--reason', 'x']],
    [['resume']],
  ])('refuses %j', async (argv) => {
    await expect(run(...argv)).rejects.toThrow();
    expect(await json('list')).toEqual({ ok: true, stopped: [] });
  });
});
