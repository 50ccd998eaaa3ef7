import { deflateSync, inflateSync } from 'node:zlib';
import { SimulatorError } from '../../errors.js';
import type { Node } from '../../seam.js';
import { decodeNode, defaultDecodeLimits, type DecodeLimits } from './decode.js';
import type { Dictionary } from './dictionary.js';
import { encodeNode, type Direction } from './encode.js';

const compressed = 0x02;
/** From this size the server compresses what it sends. */
const compressFrom = 2048;

/** A stanza as the plaintext of one frame: a flag byte, then the (perhaps zlib-compressed) binary XML. */
export function packStanza(node: Node, dictionary: Dictionary, direction: Direction): Uint8Array {
  const body = encodeNode(node, dictionary, direction);
  if (body.length < compressFrom) return Buffer.concat([Uint8Array.of(0), body]);
  return Buffer.concat([Uint8Array.of(compressed), deflateSync(body)]);
}

/**
 * Reads the plaintext of one frame, unpacking at most `maxBytes`. Throws SimulatorError `malformed_stanza` or
 * `stanza_too_large`.
 */
export function unpackStanza(
  bytes: Uint8Array,
  dictionary: Dictionary,
  maxBytes: number,
  limits: DecodeLimits = defaultDecodeLimits,
): Node {
  const [flags, body] = [bytes[0], bytes.subarray(1)];
  if (flags === 0) return decodeNode(body, dictionary, limits);
  if (flags !== compressed) throw new SimulatorError('malformed_stanza', 'unknown flags before the stanza');
  return decodeNode(inflate(body, maxBytes), dictionary, limits);
}

function inflate(body: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return inflateSync(body, { maxOutputLength });
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    throw tooLarge
      ? new SimulatorError('stanza_too_large', 'stanza unpacks beyond the limit')
      : new SimulatorError('malformed_stanza', 'compressed stanza cannot be unpacked');
  }
}
