import { z } from 'zod';
import { CliError } from '../errors.js';
import { GRANT_TYPE } from './development-grant.js';
import { CLIENT_ID } from './identity-provider.js';

const REQUEST_MS = 10_000;

/** @returns an access token of the development identity provider for a user. @throws {CliError} `no_token` */
export async function fetchAccessToken(tokenUrl: string, username: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: CLIENT_ID, username });
  const response = await fetch(tokenUrl, { method: 'POST', body, signal: AbortSignal.timeout(REQUEST_MS) });
  const answer = z.object({ access_token: z.string() }).safeParse(await response.json());
  if (!answer.success) throw new CliError('no_token', 'the identity provider gave no token');
  return answer.data.access_token;
}
