import { createRemoteJWKSet, jwtVerify } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AUDIENCE, BACKEND_CLIENT, CLIENT_ID, GRANT_TYPE } from './development-client.js';
import { startIdentityProvider, type IdentityProvider } from './identity-provider.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const said = [vi.spyOn(console, 'info'), vi.spyOn(console, 'warn')];
let provider: IdentityProvider;

beforeAll(async () => {
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' };
  provider = await startIdentityProvider(7699, key);
});
afterAll(() => provider.stop());

const ask = (fields: Record<string, string>) =>
  fetch(provider.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: GRANT_TYPE, client_id: CLIENT_ID, ...fields }),
  });

it('issues a signed access token that proves an e-mail address', async () => {
  const answer = (await (await ask({ username: 'alice' })).json()) as { access_token: string };
  const keys = createRemoteJWKSet(new URL(provider.jwksUrl));
  const { payload } = await jwtVerify(answer.access_token, keys, {
    issuer: provider.issuer,
    audience: AUDIENCE,
  });
  expect(payload).toMatchObject({ sub: 'alice', email: 'alice@example.org', email_verified: true });
});

it('refuses a request without a proper user name', async () => {
  expect((await ask({})).status).toBe(400);
  expect((await ask({ username: '../x' })).status).toBe(400);
});

it('issues a token of the provider’s backend with its rights, which no user gets', async () => {
  const { id: client_id, secret: client_secret, scope } = BACKEND_CLIENT;
  const fields = { grant_type: 'client_credentials', client_id, client_secret, scope };
  const { access_token } = (await (await ask(fields)).json()) as { access_token: string };
  const keys = createRemoteJWKSet(new URL(provider.jwksUrl));
  const options = { issuer: provider.issuer, audience: AUDIENCE };
  expect((await jwtVerify(access_token, keys, options)).payload).toMatchObject({ sub: client_id, scope });
  expect((await ask({ ...fields, client_secret: 'wrong' })).status).toBe(401);
  const user = (await (await ask({ username: 'alice', scope })).json()) as { access_token: string };
  expect((await jwtVerify(user.access_token, keys, options)).payload['scope']).toBeFalsy();
});

it('says nothing on the console, where a line of JSON may be expected', () => {
  expect(said.flatMap(({ mock }) => mock.calls)).toEqual([]);
});
