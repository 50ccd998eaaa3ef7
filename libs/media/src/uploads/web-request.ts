import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';

const ORIGIN = 'http://media';
const HEADERS = [
  'tus-resumable',
  'upload-length',
  'upload-offset',
  'upload-metadata',
  'upload-defer-length',
  'upload-concat',
  'content-type',
  'content-length',
];

/** What the tus server needs of a request, with the body still to come. Other headers, the token among them, stay here. */
export function webRequestOf({ method, headers, raw }: FastifyRequest, path: string): Request {
  const forwarded = new Headers();
  for (const name of HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') forwarded.set(name, value);
  }
  const withBody = method === 'POST' || method === 'PATCH';
  const body = withBody ? { body: Readable.toWeb(raw) as ReadableStream, duplex: 'half' as const } : {};
  return new Request(`${ORIGIN}${path}`, { method, headers: forwarded, ...body });
}
