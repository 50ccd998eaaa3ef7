import { randomUUID } from 'node:crypto';
import { accountTopic, type AccountEvent } from '@causeway/contracts/accounts';
import { GatekeeperId, sessionKeyOf, UserId } from '@causeway/contracts/ids';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { openEventBus, type EventBus, type IncomingEvent } from '@causeway/events';
import { Postgres, sql } from '@causeway/postgres';
import { testPasswords } from '@causeway/store/testing';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { createTestDatabase, describeWithEngine, eventually, type TestDatabase } from '@causeway/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runInProcess } from '../fixtures/in-process.js';

interface Listed {
  readonly groups: readonly { code: string; state: string; letters: number; lanes: number }[];
  readonly letters: readonly { id: string; lane: string; code: string; group: string }[];
  readonly actions: Readonly<Record<string, number>>;
}

const gatekeeper = GatekeeperId.parse('simulator');

/** What an operator does on one column, from the first look to an empty list. */
function operatorSuite(eventsUrl: string): void {
  let database: TestDatabase;
  let postgres: Postgres;
  let bus: EventBus;
  const user = UserId.parse(randomUUID());
  const other = UserId.parse(randomUUID());
  const session = sessionKeyOf(randomUUID() as never, gatekeeper);
  const handled: AccountEvent[] = [];
  let broken = true;

  const environment = () => ({
    CAUSEWAY_ADMIN_DATABASE_URL: database.url,
    CAUSEWAY_ROLE_PASSWORDS: JSON.stringify(testPasswords),
    CAUSEWAY_EVENTS_URL: eventsUrl,
    CAUSEWAY_EVENTS_PARTITIONS: '8',
  });
  const dlq = (...argv: string[]) => runInProcess(['dlq', ...argv], environment());
  async function list(...argv: string[]): Promise<Listed> {
    const { stdout } = await dlq('list', '--json', ...argv);
    // Whom it is about is nobody's to see.
    for (const secret of [user, session]) expect(stdout).not.toContain(secret);
    return JSON.parse(stdout) as Listed;
  }
  const removed = (userId: UserId): AccountEvent => ({
    type: 'device.removed',
    userId,
    deviceId: randomUUID() as never,
  });
  const idOf = async (code: string) =>
    (await list('--group', 'keys', '--code', code)).letters[0]?.id ?? 'none';

  beforeAll(async () => {
    database = await createTestDatabase(inject('engines'));
    await runInProcess(['migrate', '--json'], environment());
    const options = { poolSize: 5, applicationName: 'dlq-test', statementTimeoutMs: 5_000 };
    postgres = Postgres.connect(database.url, options);
    bus = openEventBus(eventsUrl, {
      clientId: 'dlq-test',
      postgres,
      parking: { postgres, schema: 'keys' },
      logger: createLogger({ service: 'dlq-test', level: 'silent' }),
      metrics: createMetrics('dlq-test'),
      partitions: 8,
      tuning: { parking: { firstDelayMs: 10, longestDelayMs: 10, rounds: 0, pollMs: 50 } },
    });
    const retry = { attempts: 1, backoffMs: 1 };
    const handle = async ({ data }: IncomingEvent<AccountEvent>) => {
      if (broken && data.userId === user) throw new Error('broken');
      handled.push(data);
    };
    await Promise.all([
      bus.subscribe({ topic: accountTopic, group: 'keys', mode: 'shared', retry, onPoison: 'park', handle }),
      bus.subscribe<UpstreamEvent>({
        topic: upstreamTopic,
        group: 'session',
        mode: 'shared',
        retry,
        onPoison: 'dead-letter',
        handle: ({ key }) => (key === session ? Promise.reject(new Error('broken')) : Promise.resolve()),
      }),
    ]);
    await bus.publish(accountTopic, [
      { data: { type: 'user.erased', userId: user }, id: 'first' },
      { data: removed(other) },
      { data: removed(user) },
    ]);
    const close = { type: 'close', sessionKey: session, gatekeeper, epoch: 1, code: 'gone' } as const;
    await bus.publish(upstreamTopic, [{ data: close as UpstreamEvent }]);
    await eventually(async () => expect((await list('--group', 'session')).letters).toHaveLength(1), {
      deadlineMs: 20_000,
    });
    await eventually(async () => expect((await list('--group', 'keys')).letters).toHaveLength(2));
  }, 60_000);
  afterAll(async () => {
    await bus.close();
    await postgres.close();
    await database.drop();
  });

  it('lists what waits, by code and letter by letter, while other lanes went on', async () => {
    const { groups, letters } = await list('--group', 'keys');
    expect(groups).toMatchObject([
      { code: 'handler_failed', state: 'dead', letters: 1, lanes: 1 },
      { code: 'lane_parked', state: 'behind', letters: 1, lanes: 1 },
    ]);
    expect(new Set(letters.map(({ lane }) => lane)).size).toBe(1);
    expect(handled.map(({ userId }) => userId)).toEqual([other]);
    const { stdout } = await dlq('list');
    expect(stdout).toMatch(/causeway\.account\.v1 +keys +handler_failed +dead +1 +1 /);
    expect(stdout).toMatch(/of \d letters shown; replayed 0/);
    expect(stdout).not.toContain(user);
  });

  it('shows a letter without its content, and reveals that only with a record of it', async () => {
    const id = await idOf('handler_failed');
    const shown = await dlq('show', id, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      letter: { id, state: 'dead', hasPayload: true, headers: { ce_id: 'first', ce_type: 'user.erased' } },
    });
    expect(shown.stdout + shown.stderr + (await dlq('show', id)).stdout).not.toContain(user);
    const revealed = await dlq('show', id, '--reveal', '--json');
    expect(JSON.parse(revealed.stdout)).toMatchObject({ key: user, payload: expect.stringContaining(user) });
    expect(JSON.parse(revealed.stderr)).toMatchObject({
      audit: 'dead_letters',
      action: 'revealed',
      letter: id,
    });
    expect(revealed.stderr).not.toContain(user);
    const rows = await postgres.query(sql`
      select letter, code from operations.dead_letter_actions where action = 'revealed' and actor <> ''`);
    expect(rows).toEqual([{ letter: id, code: 'handler_failed' }]);
  });

  it('refuses what cannot be done, with a code and one line', async () => {
    const sealed = (await list('--group', 'session')).letters[0]?.id ?? '';
    await expect(dlq('replay', sealed)).rejects.toMatchObject({
      code: 'dead_letter_without_payload',
      message: expect.stringMatching(/^causeway\.upstream\.v1\.dlq\/\d\/\d+ has no payload: [^\n]+$/),
    });
    const report = JSON.parse(
      (await dlq('replay', '--all', '--group', 'session', '--json')).stdout,
    ) as object;
    expect(report).toMatchObject({ replayed: [], refused: [{ code: 'dead_letter_without_payload' }] });
    for (const target of [[], ['x', '--all']])
      await expect(dlq('replay', ...target)).rejects.toMatchObject({ code: 'replay_target' });
    for (const id of ['x', randomUUID(), 'causeway.account.v1.dlq/0/99'])
      for (const command of [
        ['show', id],
        ['drop', id, '--reason', 'r'],
        ['replay', id],
      ])
        await expect(dlq(...command)).rejects.toMatchObject({ code: 'dead_letter_unknown' });
  });

  it('replays a lane in its order; doing it again changes nothing', async () => {
    const id = await idOf('handler_failed');
    const lane = (await list('--group', 'keys')).letters[0]?.lane ?? '';
    broken = false;
    expect((await dlq('replay', '--lane', lane)).stdout).toMatch(/^replayed 1: /);
    await eventually(() => {
      const types = handled.filter(({ userId }) => userId === user).map(({ type }) => type);
      expect(types).toEqual(['user.erased', 'device.removed']);
    });
    await eventually(async () => expect((await list('--group', 'keys')).letters).toEqual([]));
    expect(JSON.parse((await dlq('replay', id, '--json')).stdout)).toMatchObject({ already: true });
    expect((await dlq('replay', '--all', '--group', 'keys')).stdout).toMatch(/^replayed 0/);
    expect(handled).toHaveLength(3);
  });

  it('drops a letter for a reason that is kept', async () => {
    const id = (await list('--group', 'session')).letters[0]?.id ?? '';
    const { code, stdout } = await dlq('drop', id, '--reason', 'the device has gone');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^dropped \S+: /) });
    const { letters, actions } = await list();
    expect(letters).toEqual([]);
    expect(actions).toMatchObject({ replayed: 1, dropped: 1, revealed: 1 });
    expect((await dlq('list')).stdout).toMatch(/^nothing waits; replayed 1, dropped 1, revealed 1 so far\n$/);
    const rows = await postgres.query(sql`
      select letter, reason from operations.dead_letter_actions where action = 'dropped'`);
    expect(rows).toEqual([{ letter: id, reason: 'the device has gone' }]);
  });
}

describe('causeway dlq, event log on Postgres', () => operatorSuite('postgres:'));

describeWithEngine('kafka', 'causeway dlq, event log in Kafka', (brokers) => {
  operatorSuite(`kafka://${brokers}`);

  it('says that the log does not answer', async () => {
    const database = await createTestDatabase(inject('engines'));
    const environment = {
      CAUSEWAY_ADMIN_DATABASE_URL: database.url,
      CAUSEWAY_EVENTS_URL: 'kafka://127.0.0.1:1',
    };
    await expect(runInProcess(['dlq', 'list'], environment)).rejects.toMatchObject({
      code: 'topic_unavailable',
    });
    await database.drop();
  });
});
