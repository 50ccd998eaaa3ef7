import { accountsErrors, type ErasureReceipt } from '@causeway/contracts/accounts';
import { CurrentCaller, demandRecentAuthentication, UsersOnly, type Caller } from '@causeway/http';
import { systemClock } from '@causeway/lifecycle';
import { Controller, Delete, Get, HttpCode, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { refusal } from '../refusal.js';
import { Users } from '../users/users.store.js';
import { Erasures } from './erasure.service.js';
import { Exports } from './export.service.js';
import { receiptOf } from './receipt.js';
import { sendDocument } from './send-document.js';

/** What a user may do about all that is kept about her; both need a recent sign-in (RFC 9470). */
@Controller('v1/account')
@UsersOnly()
export class AccountController {
  constructor(
    @Inject(Users) private readonly users: Users,
    @Inject(Erasures) private readonly erasures: Erasures,
    @Inject(Exports) private readonly exports: Exports,
  ) {}

  /** `GET /v1/account/export`: all that is kept about the caller, as one JSON document. */
  @Get('export')
  async export(@CurrentCaller() caller: Caller, @Res() reply: FastifyReply): Promise<void> {
    const userId = await this.#userOf(caller);
    await sendDocument(reply, await this.exports.begin(userId, { actor: 'user' }));
  }

  /** `DELETE /v1/account`: leaves every gatekeeper and erases all that is kept about the caller. */
  @Delete()
  @HttpCode(202)
  async erase(@CurrentCaller() caller: Caller): Promise<ErasureReceipt> {
    const userId = await this.#userOf(caller);
    return receiptOf(await this.erasures.request(userId, { actor: 'user' }));
  }

  async #userOf(caller: Caller): Promise<string> {
    demandRecentAuthentication(caller, systemClock);
    const userId = await this.users.find(caller.subjectHash);
    if (userId === undefined) throw refusal(accountsErrors.user_unknown);
    return userId;
  }
}
