import { MEDIA_REFERENCE_HEADER, UPLOADS_PATH } from '@causeway/contracts/media';
import { CurrentCaller, UsersOnly, type Caller } from '@causeway/http';
import { Controller, Delete, Head, Inject, Options, Param, Patch, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gate } from '../transfers/gate.js';
import { UploadServer } from './upload-server.js';
import { webRequestOf } from './web-request.js';

export const UPLOAD_GATE = Symbol('UPLOAD_GATE');

const ANSWERED = /^(?:tus-|upload-|location$|cache-control$)/;
const TUS_VERSION = '1.0.0';

/** Resumable uploads of encrypted files by devices (tus 1.0). */
@UsersOnly()
@Controller(UPLOADS_PATH)
export class UploadsController {
  constructor(
    @Inject(UploadServer) private readonly uploads: UploadServer,
    @Inject(UPLOAD_GATE) private readonly gate: Gate,
  ) {}

  @Options()
  options(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @CurrentCaller() caller: Caller) {
    return this.#answer(request, reply, caller, '');
  }

  @Post()
  create(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @CurrentCaller() caller: Caller) {
    return this.#receive(request, reply, caller, '');
  }

  @Patch(':reference')
  append(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
    @Param('reference') reference: string,
  ) {
    return this.#receive(request, reply, caller, reference);
  }

  @Head(':reference')
  offset(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
    @Param('reference') reference: string,
  ) {
    return this.#answer(request, reply, caller, reference);
  }

  @Delete(':reference')
  cancel(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
    @Param('reference') reference: string,
  ) {
    return this.#answer(request, reply, caller, reference);
  }

  async #receive(request: FastifyRequest, reply: FastifyReply, caller: Caller, reference: string) {
    const leave = this.gate.enter();
    try {
      await this.#answer(request, reply, caller, reference);
    } finally {
      leave();
    }
  }

  async #answer(request: FastifyRequest, reply: FastifyReply, caller: Caller, reference: string) {
    reply.header('tus-resumable', TUS_VERSION).header('tus-version', TUS_VERSION);
    // After a refusal the rest of the body is not read.
    reply.header('connection', 'close');
    const path = `${UPLOADS_PATH}/${encodeURIComponent(reference)}`;
    const answer = await this.uploads.handle(webRequestOf(request, path), caller);
    reply.removeHeader('connection').code(answer.response.status);
    for (const [name, value] of answer.response.headers) if (ANSWERED.test(name)) reply.header(name, value);
    if (answer.reference !== undefined) reply.header(MEDIA_REFERENCE_HEADER, answer.reference);
    await reply.send();
  }
}
