import { z } from 'zod';
import { CliError } from '../errors.js';
import { reach } from '../journey/reach.js';
import { BACKEND_CLIENT, CLIENT_ID, GRANT_TYPE } from './development-client.js';

const REQUEST_MS = 10_000;

/** @returns an access token of the provider's backend in development, with every right. @throws {CliError} as below */
export function fetchBackendToken(tokenUrl: string): Promise<string> {
  const { id: client_id, secret: client_secret, scope } = BACKEND_CLIENT;
  return fetchToken(tokenUrl, { grant_type: 'client_credentials', client_id, client_secret, scope });
}

/** @returns an access token of the development identity provider for a user. @throws {CliError} `no_token`, `unreachable` */
export function fetchAccessToken(tokenUrl: string, username: string): Promise<string> {
  return fetchToken(tokenUrl, { grant_type: GRANT_TYPE, client_id: CLIENT_ID, username });
}

async function fetchToken(tokenUrl: string, fields: Record<string, string>): Promise<string> {
  const body = new URLSearchParams(fields);
  const response = await reach(tokenUrl, REQUEST_MS, { method: 'POST', body });
  const answer = z.object({ access_token: z.string() }).safeParse(await response.json());
  if (!answer.success) throw new CliError('no_token', 'the identity provider gave no token');
  return answer.data.access_token;
}
