import type { Dictionary } from '@causeway/binary-xml';
import { limits } from '@causeway/limits';
import type { TranscriptRule } from '@causeway/noise';

/** Bounds and deadlines of one upstream connection. */
export interface WireLimits {
  /** Bytes of one frame, in both directions. */
  readonly maxFrameBytes: number;
  /** Bytes of one received stanza after decompression. */
  readonly maxStanzaBytes: number;
  readonly maxDepth: number;
  readonly maxElements: number;
  readonly maxAttributes: number;
  /** Bytes written but not yet taken by the kernel; a send above it is refused. */
  readonly maxSendBufferBytes: number;
  /** Queries waiting for an answer. */
  readonly maxQueries: number;
  /** Stanzas whose handler has not finished; at this number reading stops. */
  readonly maxInFlight: number;
  /** Socket and handshake together, ms. */
  readonly connectMs: number;
  /** From the end of the handshake to `<success>`, ms. */
  readonly loginMs: number;
  /** A query's deadline where the caller names none, ms. */
  readonly queryMs: number;
  /**
   * A ping follows the last one after a random time between these two, ms. A dead peer is found at the latest so long
   * after it died: `keepaliveMaxMs` and `deadSocketMs` together.
   */
  readonly keepaliveMinMs: number;
  readonly keepaliveMaxMs: number;
  /** Silence after a query was sent that means a dead socket, ms. */
  readonly deadSocketMs: number;
  /** How long closing waits for the other side, ms. */
  readonly closeMs: number;
}

/** The values of the table of limits; a profile names what differs. */
export const defaultWireLimits: WireLimits = {
  maxFrameBytes: limits.noiseFrameBytes.value,
  maxStanzaBytes: limits.stanzaBytes.value,
  maxDepth: limits.stanzaDepth.value,
  maxElements: limits.stanzaElements.value,
  maxAttributes: limits.stanzaAttributes.value,
  maxSendBufferBytes: limits.upstreamSendBufferBytes.value,
  maxQueries: limits.upstreamQueriesInFlight.value,
  maxInFlight: limits.upstreamStanzasInFlight.value,
  connectMs: limits.upstreamConnectMs.value,
  loginMs: limits.upstreamLoginMs.value,
  queryMs: limits.queryDeadlineMs.value,
  keepaliveMinMs: limits.upstreamPingMinMs.value,
  keepaliveMaxMs: limits.upstreamPingMaxMs.value,
  deadSocketMs: limits.upstreamDeadSocketMs.value,
  closeMs: limits.upstreamCloseMs.value,
};

/** The part of a gatekeeper profile that the wire needs. */
export interface WireProfile {
  /** `wss:` URL; `ws:` is accepted for a loopback host only. */
  readonly url: string;
  /** Value of the Origin header, where the gatekeeper wants one. */
  readonly origin?: string;
  readonly transcript: TranscriptRule;
  /** Connection header in hex (`57410603`): sent once before the first frame, and the handshake's prologue. */
  readonly header: string;
  /** Pinned root of the server's certificate chain, 32 bytes. */
  readonly rootPublicKey: Uint8Array;
  readonly codec: 'binary';
  readonly dictionary: Dictionary;
  readonly limits: WireLimits;
}
