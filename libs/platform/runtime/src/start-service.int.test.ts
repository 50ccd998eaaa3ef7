import { createServer } from 'node:net';
import { Postgres, sql } from '@causeway/postgres';
import { migrateEventLog } from '@causeway/events';
import { createTestDatabase, describeWithEngine, eventually, type TestDatabase } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  runService,
  startService,
  type RunningService,
  type ServiceContext,
  type ServiceDefinition,
} from './index.js';
import { probe } from './probe.fixture.js';
import { TestDeployment } from './testing/index.js';

const nowhere = 'postgres://nobody:nothing@127.0.0.1:1/nowhere';
const status = async (service: RunningService, path: string) => (await fetch(`${service.url}${path}`)).status;

let deployment: TestDeployment;
beforeAll(async () => {
  deployment = await TestDeployment.start();
});
afterAll(() => deployment.stop());

describe('a service without its engines', () => {
  it('starts, is live and not ready, answers what needs none, and drains', async () => {
    const env = deployment.env('keys', { databaseUrl: nowhere, coordinationUrl: 'redis://127.0.0.1:1' });
    const service = await startService(probe(), { ...deployment, env });
    expect([await status(service, '/live'), await status(service, '/probe')]).toEqual([200, 200]);
    const ready = await fetch(`${service.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ ready: false, failing: ['database'] });
    await service.drain();
    await expect(fetch(`${service.url}/live`)).rejects.toThrow();
  });

  it('is ready where it says that it serves without', async () => {
    const env = deployment.env('keys', { databaseUrl: nowhere });
    const service = await startService({ ...probe(), readyWithoutDatabase: true }, { ...deployment, env });
    expect(await status(service, '/ready')).toBe(200);
    await service.drain();
  });
});

describe('runService', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.exitCode = undefined;
  });

  async function failing(definition: ServiceDefinition<[]>): Promise<string> {
    const lines: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    await runService(definition);
    expect(process.exitCode).toBe(1);
    return lines.join('');
  }

  it('says what is wrong with the settings, one line each, and no secret', async () => {
    vi.stubEnv('CAUSEWAY_HTTP_PORT', 'eighty');
    vi.stubEnv('CAUSEWAY_DATABASE_URL', 'planted-secret');
    vi.stubEnv('NODE_ENV', 'test');
    const text = await failing(probe());
    expect(text).toContain('keys: ');
    expect(text).toMatch(/^(keys: )?CAUSEWAY_HTTP_PORT: must be a whole number from 0 to 65535$/m);
    expect(text).toMatch(/^(keys: )?CAUSEWAY_SERVICE_KEYS: is required$/m);
    expect(text).not.toContain('planted-secret');
  });

  it('says why a service did not start', async () => {
    for (const [name, value] of Object.entries(deployment.env('keys', { databaseUrl: nowhere }))) {
      vi.stubEnv(name, value);
    }
    vi.stubEnv('CAUSEWAY_LOG_LEVEL', 'silent');
    const broken = probe(() => {
      throw Object.assign(new Error('the file is missing'), { code: 'profile_missing' });
    });
    expect(await failing(broken)).toBe('keys: profile_missing: the file is missing\n');
  });
});

describeWithEngine('postgres', 'a service with its database', (postgresUrl) => {
  let database: TestDatabase;
  let admin: Postgres;

  beforeAll(async () => {
    database = await createTestDatabase({ postgresUrl });
    const options = { poolSize: 2, applicationName: 'observer', statementTimeoutMs: 5_000 };
    admin = Postgres.connect(postgresUrl, options);
    const owner = Postgres.connect(database.url, options);
    await migrateEventLog(owner);
    await owner.close();
  });
  afterAll(async () => {
    await admin.close();
    await database.drop();
  });

  const env = (more = {}) => deployment.env('keys', { databaseUrl: database.url }, more);
  async function connections(): Promise<number> {
    const rows = await admin.query(sql`
      select 1 from pg_stat_activity where datname = ${new URL(database.url).pathname.slice(1)} and application_name like 'causeway-keys%'`);
    return rows.length;
  }

  it('drains in the order of the stages, with its engines until the last', async () => {
    const order: string[] = [];
    const service = await startService(
      probe(({ lifecycle, postgres }) => {
        for (const stage of ['engines', 'outbox', 'consumers', 'intake', 'connections'] as const) {
          const work = async () => {
            if (stage !== 'engines') await postgres.query(sql`select 1`);
            order.push(stage);
          };
          lifecycle.onStop(stage, stage, work, 1_000);
        }
      }),
      { ...deployment, env: env() },
    );
    expect(await status(service, '/ready')).toBe(200);
    expect(await connections()).toBeGreaterThan(0);
    expect(await service.drain()).toEqual({ clean: true, failed: [] });
    expect(order).toEqual(['intake', 'consumers', 'outbox', 'connections', 'engines']);
    await eventually(async () => expect(await connections()).toBe(0));
  });

  it.each<[string, () => Promise<{ definition: ServiceDefinition<[]>; more?: object; stop?: () => void }>]>([
    [
      'its module throws',
      async () => ({
        definition: probe(async ({ postgres }) => {
          await postgres.query(sql`select 1`);
          throw new Error('broken module');
        }),
      }),
    ],
    [
      'its port is taken',
      async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
        const { port } = taken.address() as { port: number };
        const connect = async ({ postgres }: ServiceContext) => void (await postgres.query(sql`select 1`));
        return {
          definition: probe(connect),
          more: { CAUSEWAY_HTTP_PORT: String(port) },
          stop: () => taken.close(),
        };
      },
    ],
  ])('closes what it opened when %s', async (_why, prepare) => {
    const { definition, more, stop } = await prepare();
    let coordination: ServiceContext['coordination'] | undefined;
    const watched: ServiceDefinition<[]> = {
      ...definition,
      module: (context) => {
        coordination = context.coordination;
        return definition.module(context);
      },
    };
    await expect(startService(watched, { ...deployment, env: env(more) })).rejects.toThrow();
    await eventually(async () => expect(await connections()).toBe(0));
    await expect(coordination?.check()).rejects.toMatchObject({ code: 'coordination_unreachable' });
    stop?.();
  });

  it('is not ready any more when the database goes away, and stays live', async () => {
    const own = await createTestDatabase({ postgresUrl });
    const service = await startService(probe(), {
      ...deployment,
      env: deployment.env('keys', { databaseUrl: own.url }),
    });
    expect(await status(service, '/ready')).toBe(200);
    await own.drop();
    await eventually(async () => expect(await status(service, '/ready')).toBe(503));
    expect(await status(service, '/live')).toBe(200);
    await service.drain();
  });
});
