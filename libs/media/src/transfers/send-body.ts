import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Sends a body at the caller's pace. One that fails cuts the connection, so that what was sent cannot look whole. */
export async function sendBody(reply: FastifyReply, body: Readable): Promise<void> {
  if (reply.raw.destroyed) {
    body.on('error', () => undefined).destroy();
    return;
  }
  await reply.send(body);
}
