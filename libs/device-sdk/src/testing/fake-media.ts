import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MEDIA_REFERENCE_HEADER, RELAY_PATH, UPLOADS_PATH, UploadMetadata } from '@causeway/contracts/media';

interface Blob {
  readonly length: number;
  readonly sha256: string;
  bytes: Buffer;
}

/** The media service as a device sees it: tus uploads, and the relay, which here serves the uploads themselves. */
export class FakeMedia {
  readonly blobs = new Map<string, Blob>();
  /** Lets a test change what the relay serves. */
  tamper: (bytes: Buffer) => Buffer = (bytes) => bytes;
  /** How many of the next transfers are cut off. */
  cutOff = 0;

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (url.pathname.startsWith(RELAY_PATH)) return this.relay(response, url.searchParams.get('path') ?? '');
    if (request.method === 'POST') return this.create(request, response);
    const reference = url.pathname.slice(UPLOADS_PATH.length + 1);
    const blob = this.blobs.get(reference);
    if (blob === undefined) return end(response, 404);
    if (request.method === 'PATCH') {
      const bytes = await bodyOf(request);
      if (this.cutOff > 0) {
        this.cutOff -= 1;
        blob.bytes = Buffer.concat([blob.bytes, bytes.subarray(0, 10)]);
        return void response.destroy();
      }
      blob.bytes = Buffer.concat([blob.bytes, bytes]);
    }
    const complete = blob.bytes.byteLength === blob.length;
    const right = createHash('sha256').update(blob.bytes).digest('base64') === blob.sha256;
    if (complete && !right) return end(response, 422, { code: 'media_hash_wrong' });
    response.setHeader('upload-offset', blob.bytes.byteLength);
    response.setHeader('upload-length', blob.length);
    end(response, request.method === 'PATCH' ? 204 : 200);
  }

  private create(request: IncomingMessage, response: ServerResponse): void {
    const metadata = UploadMetadata.parse(
      Object.fromEntries(
        String(request.headers['upload-metadata'])
          .split(',')
          .map((pair) => pair.split(' ') as [string, string])
          .map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      ),
    );
    const reference = randomBytes(16).toString('base64url');
    const length = Number(request.headers['upload-length']);
    this.blobs.set(reference, { length, sha256: metadata.sha256, bytes: Buffer.alloc(0) });
    response.setHeader('location', `${UPLOADS_PATH}/${reference}`);
    response.setHeader(MEDIA_REFERENCE_HEADER, reference);
    end(response, 201);
  }

  private relay(response: ServerResponse, path: string): void {
    const reference = /^\/interop\/whatsapp\/download\/12\/([^/]+)\/$/.exec(path)?.[1] ?? '';
    const blob = this.blobs.get(reference);
    if (blob === undefined) return end(response, 404, { code: 'media_unknown' });
    response.end(this.tamper(blob.bytes));
  }
}

/** Ends a response, with a problem document when there is a body. */
export function end(response: ServerResponse, status: number, body?: unknown): void {
  response.statusCode = status;
  response.setHeader('tus-resumable', '1.0.0');
  if (body !== undefined) response.setHeader('content-type', 'application/json');
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** Reads a request's body. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
