import type { FastifyInstance } from 'fastify';
import { SimulatorError, type SimulatorErrorCode } from '../errors.js';
import type { Media } from './media.js';

const statuses: Partial<Record<SimulatorErrorCode, number>> = { media_unknown: 404, media_too_large: 413 };

/** `GET /v/...` for the gatekeeper's own media and `GET /interop/whatsapp/download/...` for the integrator's. */
export function registerMedia(http: FastifyInstance, media: Media): void {
  for (const path of ['/v/*', '/interop/whatsapp/download/*']) {
    http.get(path, async (request, reply) => {
      try {
        const blob = await media.read(request.url);
        return await reply.header('content-type', blob.type).send(Buffer.from(blob.bytes));
      } catch (error) {
        const code = error instanceof SimulatorError ? error.code : 'media_fetch_failed';
        return reply.code(statuses[code] ?? 502).send({ code });
      }
    });
  }
}
