import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { limits } from '@causeway/limits';
import type { TrustedProxies } from './trusted-proxies.js';

const form = new RegExp(`^[\\w.-]{1,${limits.requestIdCharacters.value}}$`);

/** The id of a request: a trusted proxy's `x-request-id` when it is well-formed, else a new one. */
export function requestIdOf(request: IncomingMessage, proxies: TrustedProxies): string {
  const given = request.headers['x-request-id'];
  const believed = typeof given === 'string' && form.test(given) && proxies.has(request.socket.remoteAddress);
  return believed ? given : randomUUID();
}
