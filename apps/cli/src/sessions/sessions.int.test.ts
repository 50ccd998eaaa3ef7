import { SessionKey } from '@causeway/contracts/ids';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { migrateEventLog, openEventBus, type EventBus } from '@causeway/events';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess } from '../fixtures/in-process.js';

const key = SessionKey.parse('22222222-2222-4222-8222-222222222222.simulator');

describeWithEngine('postgres', 'causeway sessions', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let bus: EventBus;
  const commands: UpstreamEvent[] = [];

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = Postgres.connect(database.url, {
      poolSize: 4,
      applicationName: 'test',
      statementTimeoutMs: 5_000,
    });
    await migrateEventLog(postgres);
    const logger = createLogger({ service: 'test', level: 'silent' });
    const metrics = createMetrics('test');
    bus = openEventBus('postgres:', { clientId: 'test', partitions: 2, postgres, logger, metrics });
    await bus.subscribe({
      topic: upstreamTopic,
      group: 'session',
      mode: 'shared',
      handle: async ({ data }) => void commands.push(data),
      retry: { attempts: 1, backoffMs: 1 },
      onPoison: 'dead-letter',
    });
    await postgres.query(sql`
      insert into session.sessions (session_key, state, partition, generation, last_opened_at, last_error_code)
      values (${key}, 'waiting', 1, 1, now(), 'connection_lost')`);
    await postgres.query(sql`
      insert into session.rests (session_key, kind, partition, code, until)
      values (${key}, 'login', 1, 'account_paused', '2100-01-01T00:00:00Z')`);
  });
  afterAll(async () => {
    await bus.close();
    await postgres.close();
    await database.drop();
  });

  const run = (...argv: string[]) =>
    runInProcess(['sessions', ...argv], {
      CAUSEWAY_ADMIN_DATABASE_URL: database.url,
      CAUSEWAY_EVENTS_URL: 'postgres:',
      CAUSEWAY_EVENTS_PARTITIONS: '2',
    });

  it('lists states and keys, and nothing else about anybody', async () => {
    const listed = JSON.parse((await run('list', '--json')).stdout) as { sessions: object[]; states: object };
    expect(listed.states).toEqual({ waiting: 1 });
    expect(listed.sessions).toMatchObject([{ sessionKey: key, state: 'waiting', code: 'connection_lost' }]);
    expect(listed.sessions).toMatchObject([{ notBefore: '2100-01-01T00:00:00.000Z' }]);
    expect((await run('list')).stdout).toMatch(/1 waiting[^]*not before[^]*2100-01-01T00:00:00.000Z/);
    expect((await run('list', '--gatekeeper', 'other')).stdout).toContain('there are none');
  });

  it('tells the owner to close one, and records who and why', async () => {
    const { stderr } = await run('close', key, '--reason', 'support case');
    expect(JSON.parse(stderr)).toMatchObject({
      audit: 'sessions',
      action: 'close',
      sessionKey: key,
      reason: 'support case',
    });
    await eventually(() =>
      expect(commands).toMatchObject([{ type: 'close', sessionKey: key, code: 'closed_by_operator' }]),
    );
  });

  it.each([
    [['close', key]],
    [['close', 'nobody', '--reason', 'x']],
    [['close', key, '--reason', ' ']],
    [['list', '--limit', '0']],
    [['list', '--gatekeeper', 'Not An Id']],
  ])('refuses %j', async (argv) => {
    await expect(run(...argv)).rejects.toThrow();
  });
});
