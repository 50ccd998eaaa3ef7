import { createHash } from 'node:crypto';
import { MEDIA_PATH } from '@causeway/contracts/media';
import type { Coordination } from '@causeway/coordination';
import { clientNetworkOf, httpError } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { rateLimits } from '@causeway/limits';
import { Controller, Get, Head, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Blobs, ByteRange } from '../blobs/blobs.js';
import { mediaError, withoutBlobErrors } from '../media.errors.js';
import type { MediaMetrics } from '../media-metrics.js';
import type { Gate } from '../transfers/gate.js';
import { guarded } from '../transfers/guarded.js';
import { sendBody } from '../transfers/send-body.js';
import type { Downloads } from './downloads.js';
import { parseRange } from './range.js';

/** What the controller of public fetches works with. */
export interface PublicFetches {
  readonly downloads: Downloads;
  readonly blobs: Pick<Blobs, 'read'>;
  readonly coordination: Coordination;
  readonly metrics: MediaMetrics;
  readonly gate: Gate;
  readonly clock: Clock;
}

export const PUBLIC_FETCHES = Symbol('PUBLIC_FETCHES');

/** `GET /v1/media/{reference}`: encrypted files of our users, for the gatekeeper’s media proxy. */
@Controller(MEDIA_PATH)
export class DownloadsController {
  constructor(@Inject(PUBLIC_FETCHES) private readonly fetches: PublicFetches) {}

  // Before GET: the framework’s own HEAD would read the whole blob.
  @Head(':reference')
  async head(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('reference') reference: string,
  ): Promise<void> {
    await this.#begin(request, reply, reference);
    await reply.send();
  }

  @Get(':reference')
  async get(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('reference') reference: string,
  ): Promise<void> {
    const { blobs, gate, clock } = this.fetches;
    gate.holdFor(reply);
    const { name, range } = await this.#begin(request, reply, reference);
    const bytes = range.end - range.start + 1;
    const body = guarded(blobs.read(name, range), { clock, bytes, onBytes: gate.count });
    await sendBody(reply, body);
  }

  /** Everything but the body. @throws {AppError} `rate_limited`, `media_unknown`, `media_range_invalid`, `unavailable` */
  async #begin(request: FastifyRequest, reply: FastifyReply, reference: string) {
    const { downloads, metrics } = this.fetches;
    await this.#throttle(clientNetworkOf(request.ip));
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    const blob = await downloads.find(reference).catch((error: unknown) => {
      throw withoutBlobErrors(error);
    });
    if (blob === undefined) {
      metrics.fetches.inc({ outcome: 'unknown' });
      throw mediaError('media_unknown');
    }
    const { name, size } = blob;
    const range = rangeOf(request, size);
    if (range === 'refused') {
      metrics.fetches.inc({ outcome: 'range_refused' });
      reply.header('content-range', `bytes */${size}`);
      throw mediaError('media_range_invalid');
    }
    metrics.fetches.inc({ outcome: range === undefined ? 'whole' : 'part' });
    const { start, end }: ByteRange = range ?? { start: 0, end: size - 1 };
    if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
    reply.header('accept-ranges', 'bytes').header('content-length', String(end - start + 1));
    reply.type('application/octet-stream');
    return { name, range: { start, end } };
  }

  async #throttle(address: string): Promise<void> {
    const key = createHash('sha256').update(address).digest('base64url');
    const { allowed, retryAfterMs } = await this.fetches.coordination.rates.take(
      rateLimits.mediaFetchAddress,
      key,
    );
    if (!allowed) throw httpError('rate_limited', { retryAfterMs });
  }
}

/** Blobs carry no validator, so that `If-Range` never holds: then the whole blob is the answer (RFC 9110, 13.1.5). */
function rangeOf({ method, headers }: FastifyRequest, size: number) {
  const applies = method === 'GET' && headers['if-range'] === undefined;
  return parseRange(applies ? headers.range : undefined, size);
}
