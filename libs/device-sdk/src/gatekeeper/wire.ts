import { bundledDictionary, decodeStanza, encodeStanza, packFrame, unpackFrame } from '@causeway/binary-xml';
import type { TranscriptRule } from '@causeway/noise';
import type { Stanza } from '@causeway/xml';

/** What a device must know of a gatekeeper to speak its protocol; its profile says it. */
export interface GatekeeperWire {
  readonly transcript: TranscriptRule;
  /** Hex: sent once before the first frame, and the prologue of the handshake. */
  readonly header: string;
  /** Pinned root of the server's certificate chain, 32 bytes. */
  readonly rootPublicKey: Uint8Array;
}

/** How a device connects to the gatekeeper by itself. */
export interface OwnConnection {
  readonly mode: 'tunnel' | 'direct';
  /** `tunnel`: base URL of the provider's session service. `direct`: the gatekeeper's chat server, `wss:`. */
  readonly url: string;
  readonly wire: GatekeeperWire;
}

/** Largest frame in either direction, bytes. */
export const maxFrameBytes = 1_048_576;
/** Noise puts a tag of 16 bytes behind the plaintext, the codec one flag byte before it. */
export const frameOverheadBytes = 17;
const limits = { maxBytes: maxFrameBytes, maxDepth: 32, maxElements: 10_000, maxAttributes: 64 };

/** @returns the plaintext of a frame. @throws BinaryXmlError */
export function encodeFrame(stanza: Stanza): Uint8Array {
  const maxBytes = maxFrameBytes - frameOverheadBytes;
  return packFrame(encodeStanza(stanza, { dictionary: bundledDictionary(), direction: 'client', maxBytes }));
}

/** @throws BinaryXmlError */
export function decodeFrame(plaintext: Uint8Array): Stanza {
  return decodeStanza(unpackFrame(plaintext, maxFrameBytes), { dictionary: bundledDictionary(), limits });
}
