import { randomUUID } from 'node:crypto';
import { TokenResponse } from '@causeway/contracts/accounts';
import { sql, type Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { importJWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectWithEventLog } from '../fixtures/event-log.js';
import { TestUser, type TestDevice } from '../fixtures/user.js';
import { startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'tokens', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let world: World;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    postgres = await connectWithEventLog(database.url);
    world = await startWorld(database.urlFor('accounts'));
  });
  afterAll(async () => {
    await world.stop();
    await postgres.close();
    await database.drop();
  });

  async function enlisted(): Promise<TestDevice> {
    const device = await new TestUser(world).registerDevice();
    expect((await device.optIn({ readReceipts: false })).body.state).toBe('enlisted');
    return device;
  }

  function ask(
    sessionKey: string,
    purpose: 'login' | 'deletion' = 'login',
    as: 'session' | 'fanout' = 'session',
  ) {
    const body = { sessionKey, purpose };
    return world.as(as).request({ method: 'POST', path: '/internal/v1/tokens', body, schema: TokenResponse });
  }

  const denied = { code: 'token_denied', status: 403 };

  it('are given to the session of a device that is online, bound to its user and its key', async () => {
    const device = await enlisted();
    await device.goOnline();
    const answer = await ask(device.sessionKey);
    expect(answer).toMatchObject({
      integrator: 7,
      readReceipts: false,
      accountNumber: expect.stringMatching(/^\d+$/),
    });
    const { payload } = await jwtVerify(answer.token, await importJWK(world.tokenKey, 'RS256'), {
      issuer: 'https://provider.example',
      audience: 'gatekeeper',
    });
    const noiseKey = Buffer.from(world.neighbours.noiseKeys.get(device.sessionKey) ?? '', 'base64');
    expect(payload).toMatchObject({
      sub: device.user.identifier,
      cnf: { kid: noiseKey.toString('base64url') },
    });
    expect(answer.expiresAt).toBe((payload.exp ?? 0) * 1_000);
    expect((await ask(device.sessionKey)).token).toBe(answer.token);
  });

  it('are denied while the device is offline, also when one was given before', async () => {
    const device = await enlisted();
    await expect(ask(device.sessionKey)).rejects.toMatchObject(denied);
    const epoch = await device.goOnline();
    await ask(device.sessionKey);
    await world.coordination.presence.remove(device.sessionKey, epoch);
    await expect(ask(device.sessionKey)).rejects.toMatchObject(denied);
  });

  it('are denied for another purpose than the opt-in’s state allows', async () => {
    const device = await enlisted();
    await device.goOnline();
    await expect(ask(device.sessionKey, 'deletion')).rejects.toMatchObject(denied);
    const login = await ask(device.sessionKey);
    await device.optOut();
    await expect(ask(device.sessionKey)).rejects.toMatchObject(denied);
    const { token } = await ask(device.sessionKey, 'deletion');
    expect(token).not.toBe(login.token);
    const { payload } = await jwtVerify(token, await importJWK(world.tokenKey, 'RS256'));
    expect(payload).toMatchObject({ purpose: 'deletion' });
  });

  it('are denied to who is not enlisted, removed or suspended', async () => {
    const stranger = await new TestUser(world).registerDevice();
    await stranger.goOnline();
    await expect(ask(stranger.sessionKey)).rejects.toMatchObject(denied);
    await expect(ask(`${randomUUID()}.simulator`)).rejects.toMatchObject(denied);

    const removed = await enlisted();
    await removed.goOnline();
    await removed.user.call('DELETE', `/v1/devices/${removed.id}`);
    await expect(ask(removed.sessionKey)).rejects.toMatchObject(denied);

    const suspended = await enlisted();
    await suspended.goOnline();
    await ask(suspended.sessionKey);
    await postgres.query(
      sql`update accounts.users set state = 'suspended' where id = ${suspended.userId}::uuid`,
    );
    await expect(ask(suspended.sessionKey)).rejects.toMatchObject(denied);
    await suspended.optOut();
    expect(await ask(suspended.sessionKey, 'deletion')).toBeDefined();
  });

  it('are not given again to whoever replays the call, nor for another session with its token', async () => {
    const [device, other] = [await enlisted(), await enlisted()];
    await Promise.all([device.goOnline(), other.goOnline()]);
    const token = await world.serviceToken('session');
    const replay = async ({ sessionKey }: TestDevice) => {
      const answer = await fetch(`${world.service.url}/internal/v1/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ sessionKey, purpose: 'login' }),
      });
      return { status: answer.status, body: (await answer.json()) as object };
    };
    expect(await replay(device)).toMatchObject({ status: 200, body: { token: expect.any(String) } });
    for (const target of [device, other]) {
      const refused = await replay(target);
      expect(refused).toMatchObject({ status: 401, body: { code: 'service_token_used' } });
      expect(refused.body).not.toHaveProperty('token');
    }
    expect((await ask(device.sessionKey)).token).toEqual(expect.any(String));
  });

  it('are given to no other service, to no user, and for no session that is none', async () => {
    const device = await enlisted();
    await device.goOnline();
    await expect(ask(device.sessionKey, 'login', 'fanout')).rejects.toMatchObject({ status: 403 });
    const body = { sessionKey: device.sessionKey, purpose: 'login' };
    expect(await device.user.call('POST', '/internal/v1/tokens', body)).toMatchObject({ status: 401 });
    for (const sessionKey of ['', 'x', `${'-'.repeat(36)}.simulator`, `${device.id}.nobody`]) {
      const answer = ask(sessionKey);
      await expect(answer).rejects.toMatchObject({
        status: expect.toSatisfy((status) => [400, 404].includes(status)),
      });
    }
  });

  it('are minted for one session so often and no more', async () => {
    const device = await enlisted();
    await device.goOnline();
    const changeKey = () =>
      postgres.query(sql`
        update accounts.enlistments set noise_public_key = decode(md5(random()::text), 'hex')
        where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
    for (let minted = 0; minted < 20; minted++) {
      await changeKey();
      await ask(device.sessionKey);
    }
    await ask(device.sessionKey);
    await changeKey();
    await expect(ask(device.sessionKey)).rejects.toMatchObject({ code: 'rate_limited', status: 429 });
  });

  it('leave a record without anything personal, and a count', async () => {
    const device = await enlisted();
    await device.goOnline();
    const { token, accountNumber } = await ask(device.sessionKey);
    const logs = world.logs();
    expect(logs).toContain('"audit":"token"');
    for (const secret of [token, 'eyJ', device.user.subject, device.id, device.userId, 'secret.example']) {
      expect(logs.includes(secret)).toBe(false);
    }
    expect(logs).not.toMatch(new RegExp(`\\b${accountNumber}\\b`));
    const metrics = await (await fetch(`${world.service.url}/metrics`)).text();
    expect(metrics).toMatch(/causeway_token_requests_total\{.*outcome="minted".*\} [1-9]/);
    expect(metrics).not.toContain(device.id);
  });

  it('are signed with a new key once its file has it; those that were given before stay as they are', async () => {
    const [early, late] = [await enlisted(), await enlisted()];
    await Promise.all([early.goOnline(), late.goOnline()]);
    const { token } = await ask(early.sessionKey);
    const next = await importJWK(await world.replaceTokenKey('t2'), 'RS256');
    await eventually(() => expect(world.logs()).toContain('settings have changed and are in use'), {
      deadlineMs: 15_000,
    });
    const { protectedHeader } = await jwtVerify((await ask(late.sessionKey)).token, next);
    expect(protectedHeader.kid).toBe('t2');
    expect((await ask(early.sessionKey)).token).toBe(token);
  });
});
