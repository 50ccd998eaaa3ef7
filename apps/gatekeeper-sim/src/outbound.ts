import { request } from 'undici';
import { SimulatorError } from './errors.js';

export interface OutboundReply {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

/**
 * One GET without redirects, within `timeoutMs` in all and `maxBytes` of body. Throws SimulatorError
 * `media_too_large` beyond the bound, and whatever the connection fails with.
 */
export async function fetchBounded(url: string, maxBytes: number, timeoutMs: number): Promise<OutboundReply> {
  const signal = AbortSignal.timeout(timeoutMs);
  const reply = await request(url, { signal, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new SimulatorError('media_too_large', 'reply is beyond the limit');
    chunks.push(chunk);
  }
  const type = reply.headers['content-type'];
  return {
    status: reply.statusCode,
    type: typeof type === 'string' ? type : 'application/octet-stream',
    body: Buffer.concat(chunks),
  };
}
