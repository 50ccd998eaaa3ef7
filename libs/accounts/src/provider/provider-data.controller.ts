import { UserPath, type ErasureReceipt } from '@causeway/contracts/accounts';
import { BackendOnly, CurrentBackend, ZodParams, type Backend } from '@causeway/http';
import { Controller, Get, HttpCode, Inject, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Erasures } from '../personal-data/erasure.service.js';
import { Exports } from '../personal-data/export.service.js';
import { receiptOf } from '../personal-data/receipt.js';
import { sendDocument } from '../personal-data/send-document.js';

type Path = z.infer<typeof UserPath>;

/** What is kept about a user: shown and erased for the provider's backend. */
@Controller('provider/v1/users/:userId')
export class ProviderDataController {
  constructor(
    @Inject(Erasures) private readonly erasures: Erasures,
    @Inject(Exports) private readonly exports: Exports,
  ) {}

  /** `GET /provider/v1/users/{userId}/export`: all that is kept about a user, as one JSON document. */
  @Get('export')
  @BackendOnly('causeway:users:export')
  async export(
    @CurrentBackend() { client }: Backend,
    @ZodParams(UserPath) { userId }: Path,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendDocument(reply, await this.exports.begin(userId, { actor: 'provider', client }));
  }

  /** `PUT /provider/v1/users/{userId}/erasure`: leaves every gatekeeper and erases all that is kept about a user. */
  @Put('erasure')
  @BackendOnly('causeway:users:erase')
  @HttpCode(202)
  async erase(
    @CurrentBackend() { client }: Backend,
    @ZodParams(UserPath) { userId }: Path,
  ): Promise<ErasureReceipt> {
    await this.erasures.request(userId, { actor: 'provider', client });
    return this.receipt({ userId });
  }

  /** `GET /provider/v1/users/{userId}/erasure`: which stores have confirmed, and when. */
  @Get('erasure')
  @BackendOnly('causeway:users:erase')
  async receipt(@ZodParams(UserPath) { userId }: Path): Promise<ErasureReceipt> {
    const { gatekeepers, ...erasure } = await this.erasures.find(userId);
    return receiptOf(erasure, gatekeepers);
  }
}
