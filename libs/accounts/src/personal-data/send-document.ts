import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Answers with a document that is written while it is read: no faster than the reader takes it. When it breaks off, so
 * does the connection, and the reader sees that it is not whole.
 */
export async function sendDocument(reply: FastifyReply, pieces: AsyncGenerator<string>): Promise<void> {
  await reply
    .header('content-type', 'application/json')
    .header('cache-control', 'no-store')
    .header('content-disposition', 'attachment; filename="personal-data.json"')
    .send(Readable.from(pieces));
}
