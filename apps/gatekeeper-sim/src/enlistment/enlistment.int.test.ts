import { generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, FakeClock } from '@causeway/testing';
import { Device, postForm } from '../fixtures/device.js';
import { startWorld, type World } from '../fixtures/world.js';

let world: World;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

async function attempt(change: (form: Record<string, string>) => Promise<unknown> | unknown) {
  const form = await new Device('mallory@partner.example', world.partner, world.simulator).form();
  await change(form);
  return postForm(world.simulator.endpoints.enlistment, form);
}

describe('enlistment', () => {
  it('takes a user in and keeps the number when the identifier enlists again', async () => {
    const first = await world.device('alice@partner.example');
    expect(first.jid).toMatch(/^12-\d+@interop$/);
    const { client } = await first.login();
    await client.query('encrypt', 'set', []);
    const second = await world.device('alice@partner.example');
    expect(second.jid).toBe(first.jid);
    await client.waitClosed();
    expect((await first.login()).answer.attrs).toEqual({ reason: '401' });
    expect((await second.login()).answer.tag).toBe('success');
  });

  it.each<[string, string, (form: Record<string, string>) => Promise<unknown> | unknown]>([
    ['a missing field', 'bad_param', (form) => delete form['e_ident']],
    ['a field of another length', 'bad_param', (form) => (form['e_regid'] = text(new Uint8Array(3)))],
    ['padded base64', 'bad_param', (form) => (form['e_keytype'] = 'BQ==')],
    ['base64 with other letters', 'bad_param', (form) => (form['authkey'] = '+'.repeat(43))],
    ['a body beyond the limit', 'bad_param', (form) => (form['more'] = 'x'.repeat(20_000))],
    ['no token', 'bad_param', (form) => (form['token'] = '')],
    ['another key type', 'bad_key_type', (form) => (form['e_keytype'] = text(Uint8Array.of(6)))],
    ['a wrong signature', 'bad_signature', (form) => (form['e_skey_sig'] = text(new Uint8Array(64).fill(7)))],
    ['a token that is none', 'bad_token', (form) => (form['token'] = 'abc')],
    [
      'a token beyond 4096 bytes',
      'bad_token',
      async (form) => (form['token'] = await token({ pad: 'x'.repeat(4000) })),
    ],
    ['an expired token', 'token_expired', async (form) => (form['token'] = await token({ exp: 1_000_000 }))],
    [
      'a token without expiry',
      'bad_token',
      async (form) => (form['token'] = await token({ exp: undefined })),
    ],
    ['a token for others', 'bad_token', async (form) => (form['token'] = await token({ aud: 'other' }))],
    [
      'a token of another issuer',
      'bad_integrator',
      async (form) => (form['token'] = await token({ iss: 'https://x' })),
    ],
    [
      'a token without identifier',
      'bad_token',
      async (form) => (form['token'] = await token({ sub: undefined })),
    ],
    ['a token by another key', 'bad_token', async (form) => (form['token'] = await foreignToken())],
    ['a token without algorithm', 'bad_token', async (form) => (form['token'] = unsigned(await token({})))],
  ])('refuses %s', async (_name, reason, change) => {
    expect(await attempt(change)).toEqual({ reason, status: 'fail' });
  });

  it('says so when the partner publishes no keys', async () => {
    world.simulator.setPartner({ ...world.partner.settings, jwksUrl: `${world.partner.base}/nothing` });
    expect(await attempt(() => undefined)).toEqual({ reason: 'temporarily_unavailable', status: 'fail' });
    world.simulator.setPartner(world.partner.settings);
  });

  it('says so when the partner publishes far too much', async () => {
    world.partner.media.set('keys', new Uint8Array(100_000).fill(32));
    world.simulator.setPartner({ ...world.partner.settings, jwksUrl: `${world.partner.base}/media/keys` });
    expect(await attempt(() => undefined)).toEqual({ reason: 'temporarily_unavailable', status: 'fail' });
    world.simulator.setPartner(world.partner.settings);
  });

  it('takes no more accounts than its limit, but room is made by those that stayed away', async () => {
    const clock = new FakeClock(Date.now());
    const small = await startWorld({ clock, limits: { accounts: 1 } });
    await small.device('first@partner.example');
    await small.device('first@partner.example');
    const second = new Device('second@partner.example', small.partner, small.simulator, () => clock.now());
    expect(await postForm(small.simulator.endpoints.enlistment, await second.form())).toEqual({
      reason: 'too_many_accounts',
      status: 'fail',
    });
    await clock.advance(30 * 86_400_000);
    await second.enlist();
    await small.stop();
  });

  it('fetches the keys again for a new kid', async () => {
    world.partner.kid = 'partner-2';
    // Unknown kids are looked up at most once a second.
    await eventually(async () => expect(await attempt(() => undefined)).toMatchObject({ status: 'ok' }));
  });
});

const token = (claims: Record<string, unknown>) =>
  world.partner.token('mallory@partner.example', Date.now(), claims);

async function foreignToken(): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return world.partner.token('mallory@partner.example', Date.now(), {}, privateKey);
}

function unsigned(jwt: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none', kid: world.partner.kid })).toString('base64url');
  return `${header}.${jwt.split('.')[1]}.`;
}
