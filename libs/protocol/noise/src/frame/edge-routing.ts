import { NoiseError } from '../noise-error.js';
import { writeFrame } from './frame.js';

/** Bytes of routing information at most; known ones have a few dozen. */
export const maxEdgeRoutingBytes = 1_024;

const intro = Uint8Array.of(0x45, 0x44, 0x00, 0x01);

/**
 * What a client may send before its connection header, so that the gatekeeper's edge leads it to the server that knows
 * it: `ED` 00 01, a 3-byte big-endian length, and the routing information that `<ib><edge_routing>` gave it in an
 * earlier session. It is no part of the prologue (wire facts a1).
 *
 * @throws NoiseError `too_large`, `bad_message` for no bytes
 */
export function edgeRoutingIntro(routingInfo: Uint8Array): Uint8Array {
  if (routingInfo.length === 0) throw new NoiseError('bad_message');
  if (routingInfo.length > maxEdgeRoutingBytes) throw new NoiseError('too_large');
  return Uint8Array.from(Buffer.concat([intro, writeFrame(routingInfo)]));
}
