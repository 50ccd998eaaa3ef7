import { randomUUID } from 'node:crypto';
import { TokenResponse } from '@causeway/contracts/accounts';
import { sql, type Postgres, type Sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { calculateJwkThumbprint } from 'jose';
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
    more: { readonly fresh?: true } = {},
  ) {
    const body = { sessionKey, purpose, ...more };
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
    const { payload } = await world.verifyToken(answer.token);
    const noiseKey = Buffer.from(world.neighbours.noiseKeys.get(device.sessionKey) ?? '', 'base64');
    const jwk = { kty: 'OKP', crv: 'X25519', x: noiseKey.toString('base64url') };
    expect(payload).toMatchObject({
      sub: device.user.identifier,
      cnf: { jkt: await calculateJwkThumbprint(jwk) },
    });
    expect(answer.expiresAt).toBe((payload.exp ?? 0) * 1_000);
    expect((await ask(device.sessionKey)).token).toBe(answer.token);
  });

  it('are minted anew for a session whose last one the gatekeeper did not take, and kept instead of it', async () => {
    const device = await enlisted();
    await device.goOnline();
    const refused = await ask(device.sessionKey);
    // A token says its times in seconds: within one of them another would be the same.
    const { payload } = await world.verifyToken(refused.token);
    await eventually(() => expect(Date.now()).toBeGreaterThanOrEqual(((payload.iat ?? 0) + 1) * 1_000));
    expect((await ask(device.sessionKey)).token).toBe(refused.token);
    const anew = await ask(device.sessionKey, 'login', 'session', { fresh: true });
    expect(anew.token).not.toBe(refused.token);
    expect((await ask(device.sessionKey)).token).toBe(anew.token);
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
    const { payload } = await world.verifyToken(token);
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

  it('are given to one device so often and no more, also those that were minted before', async () => {
    const device = await enlisted();
    await device.goOnline();
    for (let given = 0; given < 20; given++) await ask(device.sessionKey);
    await expect(ask(device.sessionKey)).rejects.toMatchObject({ code: 'rate_limited', status: 429 });
    const other = await enlisted();
    await other.goOnline();
    expect(await ask(other.sessionKey)).toBeDefined();
  });

  it('are not found again once what they depend on has changed', async () => {
    const device = await enlisted();
    await device.goOnline();
    const change = (what: Sql) =>
      postgres.query(sql`
        update accounts.enlistments set ${what}
        where opt_in_id = (select id from accounts.opt_ins where device_id = ${device.id}::uuid)`);
    const { token } = await ask(device.sessionKey);
    expect((await ask(device.sessionKey)).token).toBe(token);
    await change(sql`noise_public_key = decode(md5(random()::text) || md5(random()::text), 'hex')`);
    const other = await ask(device.sessionKey);
    const [mine, others] = [await world.verifyToken(token), await world.verifyToken(other.token)];
    expect(others.payload['cnf']).not.toEqual(mine.payload['cnf']);
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

  it('are signed with the next key once it is its turn, and never again with one that was revoked', async () => {
    const device = await enlisted();
    await device.goOnline();
    const before = await ask(device.sessionKey);
    const { keys } = await world.keyRing.rotate({ algorithm: 'RS256' });
    const [first, second] = keys.map(({ kid }) => kid);
    const signedWith = async () => {
      // The pod's lease is over before the file is looked at again.
      await device.goOnline();
      return (await world.verifyToken((await ask(device.sessionKey)).token)).protectedHeader.kid;
    };
    await eventually(async () => expect(await signedWith()).toBe(second), {
      deadlineMs: 15_000,
      everyMs: 1_000,
    });
    expect((await world.verifyToken(before.token)).protectedHeader.kid).toBe(first);
    const { keys: left } = await world.keyRing.revoke(second ?? '');
    const third = left.at(-1)?.kid;
    await eventually(async () => expect(await signedWith()).toBe(third), {
      deadlineMs: 15_000,
      everyMs: 1_000,
    });
  });
});
