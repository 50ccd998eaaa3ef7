import { DISCOVERY_PATH, JWKS_PATH } from '@causeway/contracts/webhooks';
import { httpError } from '@causeway/http';
import { limits } from '@causeway/limits';
import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DiscoveryDocument } from './discovery-document.js';
import { JwksFile, JwksFileError } from './jwks-file.js';

const CACHE_CONTROL = `public, max-age=${limits.publishedKeysMaxAgeSeconds.value}`;

/** What the gatekeeper reads to verify our users' tokens. It needs no engine. */
@Controller()
export class PublishedKeysController {
  constructor(
    @Inject(JwksFile) private readonly keys: JwksFile,
    @Inject(DiscoveryDocument) private readonly document: DiscoveryDocument,
  ) {}

  @Get(JWKS_PATH)
  async jwks(@Headers('if-none-match') known: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    const keySet = await this.keys.read().catch((error: unknown) => {
      throw error instanceof JwksFileError ? httpError('unavailable', { cause: error }) : error;
    });
    await answer(reply, keySet, known);
  }

  @Get(DISCOVERY_PATH)
  async discovery(
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answer(reply, await this.document.read(), known);
  }
}

function answer(
  reply: FastifyReply,
  { body, etag }: { readonly body: string; readonly etag: string },
  known: string | undefined,
): FastifyReply {
  reply.header('cache-control', CACHE_CONTROL).header('etag', etag);
  if (known !== undefined && isKnown(known, etag)) return reply.status(304).send();
  return reply.type('application/json').send(body);
}

/** Whether the caller has it: a list of tags, weak ones too, or any (RFC 9110, 13.1.2). */
function isKnown(known: string, etag: string): boolean {
  if (known.trim() === '*') return true;
  return known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
