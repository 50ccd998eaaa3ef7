import { DeletionRequest, type DeletionResponse } from '@causeway/contracts/session';
import { ServicesOnly, ZodBody } from '@causeway/http';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Deletions } from './deletions.service.js';

/** `POST /internal/v1/deletions`: accounts has an account deleted without its device. */
@Controller('internal/v1/deletions')
@ServicesOnly('accounts')
export class DeletionsController {
  constructor(@Inject(Deletions) private readonly deletions: Deletions) {}

  @Post()
  @HttpCode(200)
  async delete(@ZodBody(DeletionRequest) body: DeletionRequest): Promise<DeletionResponse> {
    return { code: await this.deletions.delete(body) };
  }
}
