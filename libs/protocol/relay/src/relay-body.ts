import { RelayError } from './relay-error.js';
import type { RelaySeal } from './relay-seal.js';

/** Content of a relayed event: sealed to the connection, or in clear form under custody `provider`. */
export type RelayBody = { readonly sealed: string } | { readonly clear: unknown };

/**
 * @param seal the connection's seal, or undefined under custody `provider`
 * @param context what the body belongs to, e.g. `message 17`
 * @throws {RelayError} `relay_seal_destroyed`
 */
export function encodeBody<T>(
  seal: RelaySeal | undefined,
  context: string,
  value: T,
): { sealed: string } | { clear: T } {
  if (seal === undefined) return { clear: value };
  return { sealed: seal.seal(context, Buffer.from(JSON.stringify(value))) };
}

/**
 * Opens what `encodeBody` made; a clear body where a seal is expected (or the reverse) is unreadable.
 * @throws {RelayError} `relay_body_unreadable`, `relay_seal_destroyed`
 */
export function decodeBody(seal: RelaySeal | undefined, context: string, body: RelayBody): unknown {
  if ('clear' in body) {
    if (seal !== undefined) throw new RelayError('relay_body_unreadable');
    return body.clear;
  }
  if (seal === undefined) throw new RelayError('relay_body_unreadable');
  try {
    return JSON.parse(seal.open(context, body.sealed).toString('utf8')) as unknown;
  } catch (cause) {
    throw cause instanceof RelayError ? cause : new RelayError('relay_body_unreadable', { cause });
  }
}
