import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { limits, rateLimits } from '@causeway/limits';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { enlistWith } from '../fixtures/directory.js';
import { Gatekeeper } from '../fixtures/gatekeeper.js';
import { IntakeApp } from '../fixtures/intake-app.fixture.js';

describeWithEngine('postgres', 'attacks on the intake of push calls', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let gatekeeper: Gatekeeper;
  const apps: IntakeApp[] = [];

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 3, applicationName: 'attacks', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.url, options);
    gatekeeper = await Gatekeeper.start();
  });
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.stop();
  });
  afterAll(async () => {
    await gatekeeper.stop();
    await postgres.close();
    await database.drop();
  });

  async function start(trustedProxies?: readonly string[]): Promise<IntakeApp> {
    const app = await IntakeApp.start({ gatekeeper, postgres, ...(trustedProxies && { trustedProxies }) });
    apps.push(app);
    return app;
  }
  const hmacOf = (app: IntakeApp, identifier: string) =>
    createHmac('sha256', app.hmacKey).update(identifier).digest();
  const recorded = async () =>
    (
      await postgres.query<{ count: number }>(
        sql`select count(*)::int as count from webhooks.push_deliveries`,
      )
    )[0]?.count;
  /** As many calls of an address as are left are made at once. */
  const exhaust = (app: IntakeApp, address: string) =>
    app.coordination.rates.take(rateLimits.pushCall, address, rateLimits.pushCall.capacity);

  it('invariant 9: whom a call names changes neither the answer nor a statement, then or later', async () => {
    const app = await start();
    const bearer = gatekeeper.token(app.clock.now());
    await enlistWith(postgres, hmacOf(app, 'known@example.org'));
    await enlistWith(postgres, hmacOf(app, 'suspended@example.org'), 'suspended');
    const identifiers = [
      'known@example.org',
      'unknown@example.org',
      'suspended@example.org',
      'no canonical form',
      '\u043anown@example.org',
      'KNOWN+tag@example.org',
    ];
    await app.push('first@example.org', bearer);
    const answers = [];
    const costs = [];
    for (const identifier of identifiers) {
      app.statements.answering.length = 0;
      answers.push(await app.push(identifier, bearer));
      costs.push([...app.statements.answering]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200, body: '' });
    expect(new Set(costs.map((texts) => texts.join('\n'))).size).toBe(1);
    expect(costs[0]).toHaveLength(1);
    expect(costs[0]?.[0]).toMatch(/^\s*insert into webhooks\.push_deliveries/);
  });

  it('resolves known and unknown identifiers with the same statements, but for the wake itself', async () => {
    const app = await start();
    await enlistWith(postgres, hmacOf(app, 'resolved@example.org'));
    const kinds = [];
    for (const identifier of ['resolved@example.org', 'nobody@example.org']) {
      while ((await app.store.resolve(limits.pushBatchItems.value)) > 0);
      await app.push(identifier, gatekeeper.token(app.clock.now()));
      app.statements.resolving.length = 0;
      expect(await app.store.resolve(limits.pushBatchItems.value)).toBe(1);
      kinds.push(app.statements.resolving.filter((text) => !/outbox|pg_notify/.test(text)));
    }
    expect(kinds[0]).toEqual(kinds[1]);
    expect(kinds[0]).toHaveLength(2);
  });

  it('a bearer that was verified is verified again once it has expired', async () => {
    const app = await start();
    const bearer = gatekeeper.token(app.clock.now());
    expect(await app.push('a@example.org', bearer)).toMatchObject({ status: 200 });
    await app.clock.advance(3_629_000);
    expect(await app.push('a@example.org', bearer)).toMatchObject({ status: 200 });
    await app.clock.advance(1_000);
    expect(await app.push('a@example.org', bearer)).toMatchObject({ status: 401 });
  });

  it('a key that the gatekeeper took back is not believed through a bearer that it signed before', async () => {
    const app = await start();
    const bearer = gatekeeper.token(app.clock.now());
    expect(await app.push('a@example.org', bearer)).toMatchObject({ status: 200 });
    const { keys } = gatekeeper;
    gatekeeper.keys = [{ ...keys[0], kid: 'g2' }];
    await app.clock.advance(limits.jwksMaxAgeMs.value);
    await expect
      .poll(() => app.push('a@example.org', bearer), { timeout: 10_000 })
      .toMatchObject({ status: 401 });
    gatekeeper.keys = keys;
  });

  it.each(['failing', 'silent'] as const)(
    'an issuer that is %s for an hour keeps nobody out, and nobody waiting',
    async (outage) => {
      const app = await start();
      expect(await app.push('a@example.org', gatekeeper.token(app.clock.now()))).toMatchObject({
        status: 200,
      });
      gatekeeper.outage = outage;
      await app.clock.advance(3_600_000);
      const answer = await app.push('a@example.org', gatekeeper.token(app.clock.now()));
      gatekeeper.outage = 'none';
      expect(answer).toMatchObject({ status: 200 });
    },
  );

  it('a forged address does not get around the limit of calls', async () => {
    const app = await start();
    const bearer = gatekeeper.token(app.clock.now());
    await exhaust(app, '127.0.0.1');
    for (const header of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip']) {
      const value = header === 'forwarded' ? 'for=198.51.100.7' : '198.51.100.7';
      expect(await app.push('a@example.org', bearer, { [header]: value })).toMatchObject({ status: 429 });
    }
  });

  it('behind a trusted proxy the last hop that is not one counts, whatever stands before it', async () => {
    const app = await start(['127.0.0.1']);
    const bearer = gatekeeper.token(app.clock.now());
    await exhaust(app, '198.51.100.7');
    const from = (hops: string) => app.push('a@example.org', bearer, { 'x-forwarded-for': hops });
    expect(await from('198.51.100.7')).toMatchObject({ status: 429 });
    expect(await from('203.0.113.9, 198.51.100.7')).toMatchObject({ status: 429 });
    expect(await from('127.0.0.1, 198.51.100.7')).toMatchObject({ status: 429 });
    expect(await from('198.51.100.7, 203.0.113.9')).toMatchObject({ status: 200 });
  });

  it('a call beyond the limit says when to come again, and costs no signature and no statement', async () => {
    const app = await start();
    await exhaust(app, '127.0.0.1');
    app.statements.answering.length = 0;
    const answer = await app.push('a@example.org', 'forged');
    expect(answer).toMatchObject({ status: 429 });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(app.statements.answering).toEqual([]);
  });

  it.each<[string, number, Record<string, string>, string]>([
    ['no bearer', 401, { authorization: '' }, '{"to":"a"}'],
    ['another scheme', 401, { authorization: 'Basic YTpi' }, '{"to":"a"}'],
    ['two bearers', 401, { authorization: 'Bearer a b' }, '{"to":"a"}'],
    ['a bearer beyond 8 KiB', 401, { authorization: `Bearer ${'x'.repeat(9_000)}` }, '{"to":"a"}'],
    ['headers beyond 16 KiB', 431, { authorization: `Bearer ${'x'.repeat(17_000)}` }, '{"to":"a"}'],
    ['a body beyond 2 KiB', 413, {}, JSON.stringify({ to: 'x'.repeat(3_000) })],
    ['an identifier beyond 320 characters', 400, {}, JSON.stringify({ to: 'x'.repeat(321) })],
    ['an empty identifier', 400, {}, '{"to":""}'],
    ['an identifier that is a list', 400, {}, '{"to":["a"]}'],
    ['no JSON', 400, {}, '{"to":'],
    ['a prototype in the body', 400, {}, '{"to":"a","__proto__":{"x":1}}'],
    ['another type of content', 415, { 'content-type': 'text/plain' }, 'a'],
  ])('answers %s with %i, and records nothing', async (_what, status, headers, body) => {
    const app = await start();
    const bearer = `Bearer ${gatekeeper.token(app.clock.now())}`;
    const before = await recorded();
    const given = { authorization: bearer, 'content-type': 'application/json', ...headers };
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const call = request(`${app.url}/simulator/push`, { method: 'POST', headers: given }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      });
      call.on('error', reject).end(body);
    });
    expect(answered).toBe(status);
    expect(await recorded()).toBe(before);
  });
});
