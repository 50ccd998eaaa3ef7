import { TokenResponse, type TokenRequest } from '@causeway/contracts/accounts';
import { RemoteError, type InternalClient } from '@causeway/http';
import { TokenDenied, type TokenSource } from '../sessions/ports.js';

/** Answers about the session itself; others (a rate limit, our own identity, a failure) pass. */
const FINAL: readonly number[] = [400, 403, 404, 409, 410, 422];

/** Tokens from the accounts service; nothing of them is kept here. */
export class TokensClient implements TokenSource {
  constructor(private readonly accounts: InternalClient) {}

  async get(body: TokenRequest): Promise<TokenResponse> {
    try {
      return await this.accounts.request({
        method: 'POST',
        path: '/internal/v1/tokens',
        body,
        schema: TokenResponse,
      });
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      throw new TokenDenied(error.code, FINAL.includes(error.status), { cause: error });
    }
  }
}
