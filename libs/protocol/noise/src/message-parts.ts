import { tagBytes } from './cipher-state.js';
import { NoiseError } from './noise-error.js';
import { keyBytes } from './x25519.js';

/** What one handshake message carries; how the parts are wrapped on the wire is the caller's business. */
export interface MessageParts {
  readonly ephemeral?: Uint8Array;
  /** Encrypted: 48 bytes. */
  readonly static?: Uint8Array;
  readonly payload?: Uint8Array;
}

export const encryptedKeyBytes = keyBytes + tagBytes;
/** Greatest size of a Noise message (Noise 3). */
export const maxHandshakePayloadBytes = 65_535;

/** The parts in the order of the pattern, as plain Noise puts them on the wire. */
export function joinParts(parts: MessageParts): Uint8Array {
  const none = new Uint8Array();
  return Uint8Array.from(
    Buffer.concat([parts.ephemeral ?? none, parts.static ?? none, parts.payload ?? none]),
  );
}

/**
 * Cut a plain Noise message of pattern XX into its parts.
 *
 * @param message 1 = e, 2 = e, ee, s, es, 3 = s, se
 * @throws NoiseError `bad_message` when it is too short
 */
export function splitParts(message: 1 | 2 | 3, bytes: Uint8Array): MessageParts {
  const ephemeralEnd = message === 3 ? 0 : keyBytes;
  const staticEnd = ephemeralEnd + (message === 1 ? 0 : encryptedKeyBytes);
  if (bytes.length < staticEnd) throw new NoiseError('bad_message');
  return {
    ...(message !== 3 && { ephemeral: bytes.subarray(0, ephemeralEnd) }),
    ...(message !== 1 && { static: bytes.subarray(ephemeralEnd, staticEnd) }),
    payload: bytes.subarray(staticEnd),
  };
}

/** @throws NoiseError `bad_message` when a part is missing or has another size */
export function exactPart(part: Uint8Array | undefined, size: number): Uint8Array {
  if (part?.length !== size) throw new NoiseError('bad_message');
  return part;
}

/** @throws NoiseError `too_large` */
export function payloadPart(part: Uint8Array | undefined): Uint8Array {
  const payload = part ?? new Uint8Array();
  if (payload.length > maxHandshakePayloadBytes) throw new NoiseError('too_large');
  return payload;
}
