import { TokenRequest, type TokenResponse } from '@causeway/contracts/accounts';
import { ServicesOnly, SingleUseToken, ZodBody } from '@causeway/http';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Tokens } from './tokens.service.js';

/** `POST /internal/v1/tokens`: the session service, and nobody else, gets tokens of users. */
@Controller('internal/v1/tokens')
@ServicesOnly('session')
@SingleUseToken()
export class TokensController {
  constructor(@Inject(Tokens) private readonly tokens: Tokens) {}

  @Post()
  @HttpCode(200)
  forSession(@ZodBody(TokenRequest) request: TokenRequest): Promise<TokenResponse> {
    return this.tokens.forSession(request);
  }
}
