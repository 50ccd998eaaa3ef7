import { z } from 'zod';
import { CliError } from '../errors.js';
import { reach } from '../journey/reach.js';
import { CLIENT_ID, GRANT_TYPE } from './development-client.js';

const REQUEST_MS = 10_000;

/** @returns an access token of the development identity provider for a user. @throws {CliError} `no_token`, `unreachable` */
export async function fetchAccessToken(tokenUrl: string, username: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: CLIENT_ID, username });
  const response = await reach(tokenUrl, REQUEST_MS, { method: 'POST', body });
  const answer = z.object({ access_token: z.string() }).safeParse(await response.json());
  if (!answer.success) throw new CliError('no_token', 'the identity provider gave no token');
  return answer.data.access_token;
}
