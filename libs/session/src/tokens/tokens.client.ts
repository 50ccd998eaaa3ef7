import { TokenResponse, type TokenRequest } from '@causeway/contracts/accounts';
import { RemoteError, type InternalClient } from '@causeway/http';
import { TokenDenied, type TokenSource } from '../sessions/ports.js';

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
      throw new TokenDenied(error.code, error.status >= 400 && error.status < 500, { cause: error });
    }
  }
}
