import { AssertIdentifierRequest, IdentifierPath } from '@causeway/contracts/accounts';
import { BackendOnly, CurrentBackend, ZodBody, ZodParams, type Backend } from '@causeway/http';
import { Controller, Delete, HttpCode, Inject, Put } from '@nestjs/common';
import type { z } from 'zod';
import { Assertions } from '../identifiers/assertions.js';

type Path = z.infer<typeof IdentifierPath>;

/** `/provider/v1/users/{userId}/identifiers/{kind}`: identifiers for which the provider vouches. */
@Controller('provider/v1/users/:userId/identifiers/:kind')
export class ProviderIdentifiersController {
  constructor(@Inject(Assertions) private readonly assertions: Assertions) {}

  /** Keeps an identifier for the user; whoever had it before loses it. */
  @Put()
  @BackendOnly('causeway:users:write')
  @HttpCode(204)
  async assert(
    @CurrentBackend() { client }: Backend,
    @ZodParams(IdentifierPath) { userId, kind }: Path,
    @ZodBody(AssertIdentifierRequest) body: AssertIdentifierRequest,
  ): Promise<void> {
    await this.assertions.assert(userId, kind, body, client);
  }

  /** Takes the user's identifiers of the kind from her; what she opted in to under them is withdrawn. */
  @Delete()
  @BackendOnly('causeway:users:write')
  @HttpCode(204)
  async takeBack(
    @CurrentBackend() { client }: Backend,
    @ZodParams(IdentifierPath) { userId, kind }: Path,
  ): Promise<void> {
    await this.assertions.takeBack(userId, kind, client);
  }
}
