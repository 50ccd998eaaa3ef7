import {
  BinaryXmlError,
  decodeStanza,
  decodeStanzaHead,
  encodeStanza,
  packFrame,
  unpackFrame,
  unpackFrameStart,
} from '@causeway/binary-xml';
import type { Stanza } from '@causeway/xml';
import { UpstreamError } from '../upstream-error.js';
import type { WireProfile } from '../wire-profile.js';

/** A stanza beyond the limits or damaged: the code says how, the head (if legible) what to refuse. */
export interface UnreadableStanza {
  readonly code: string;
  readonly head?: Stanza;
}

export type DecodedFrame = { readonly stanza: Stanza } | { readonly unreadable: UnreadableStanza };

/** Noise puts a tag of 16 bytes behind the plaintext, the codec one flag byte before it. */
export const frameOverhead = 17;

/** Stanzas to and from the plaintext of frames, as the profile says. */
export class WireCodec {
  constructor(private readonly profile: WireProfile) {}

  /** @throws UpstreamError `not_encodable` */
  encode(stanza: Stanza): Uint8Array {
    const { dictionary, limits } = this.profile;
    const maxBytes = limits.maxFrameBytes - frameOverhead;
    try {
      return packFrame(encodeStanza(stanza, { dictionary, direction: 'client', maxBytes }));
    } catch (error) {
      if (error instanceof BinaryXmlError)
        throw new UpstreamError('not_encodable', undefined, { cause: error });
      throw error;
    }
  }

  /** Never throws for bytes of the other side: what cannot be read is said so. */
  decode(plaintext: Uint8Array): DecodedFrame {
    const { dictionary, limits } = this.profile;
    const bounds = { ...limits, maxBytes: limits.maxStanzaBytes };
    try {
      return {
        stanza: decodeStanza(unpackFrame(plaintext, limits.maxStanzaBytes), { dictionary, limits: bounds }),
      };
    } catch (error) {
      if (!(error instanceof BinaryXmlError)) throw error;
      return { unreadable: { code: error.code, ...this.head(plaintext) } };
    }
  }

  private head(plaintext: Uint8Array): { head?: Stanza } {
    const { dictionary, limits } = this.profile;
    const bounds = { ...limits, maxBytes: limits.maxStanzaBytes };
    try {
      return { head: decodeStanzaHead(unpackFrameStart(plaintext), { dictionary, limits: bounds }) };
    } catch (error) {
      if (error instanceof BinaryXmlError) return {};
      throw error;
    }
  }
}
