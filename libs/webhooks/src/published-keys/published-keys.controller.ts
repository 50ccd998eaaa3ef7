import { DISCOVERY_PATH, JWKS_PATH } from '@causeway/contracts/webhooks';
import { httpError } from '@causeway/http';
import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { JwksFile, JwksFileError } from './jwks-file.js';

const MAX_AGE_SECONDS = 300;

export const PUBLIC_URL = Symbol('PUBLIC_URL');

/** What the gatekeeper reads to verify our users' tokens. It needs no engine. */
@Controller()
export class PublishedKeysController {
  constructor(
    @Inject(JwksFile) private readonly keys: JwksFile,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  @Get(JWKS_PATH)
  async jwks(@Headers('if-none-match') known: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    const keySet = await this.keys.read().catch((error: unknown) => {
      throw error instanceof JwksFileError ? httpError('unavailable', { cause: error }) : error;
    });
    reply.header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`).header('etag', keySet.etag);
    if (known === keySet.etag) await reply.status(304).send();
    else await reply.type('application/json').send(keySet.body);
  }

  @Get(DISCOVERY_PATH)
  discovery(): object {
    return {
      issuer: this.publicUrl,
      jwks_uri: `${this.publicUrl}${JWKS_PATH}`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }
}
