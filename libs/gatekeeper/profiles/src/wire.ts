import { bundledDictionary, type Dictionary } from '@causeway/binary-xml';
import type { GatekeeperProfile } from './schema.js';

type Wire = GatekeeperProfile['wire'];

/** What the transport needs of a profile: keys as bytes, the dictionary loaded, every limit with a value. */
export interface ProfileWire<Limits> {
  readonly url: string;
  readonly origin?: string;
  readonly transcript: Wire['transcript'];
  /** Hex; also the prologue. */
  readonly header: string;
  /** 32 bytes. */
  readonly rootPublicKey: Uint8Array;
  readonly codec: Wire['codec'];
  readonly dictionary: Dictionary;
  readonly limits: Limits;
}

/** The wire of a profile; `defaults` are the transport's limits, of which the profile names only what differs. */
export function wireOf<Limits extends Required<Wire['limits']>>(
  { wire }: GatekeeperProfile,
  defaults: Limits,
): ProfileWire<Limits> {
  return {
    url: wire.url,
    ...(wire.origin === undefined ? {} : { origin: wire.origin }),
    transcript: wire.transcript,
    header: wire.header,
    rootPublicKey: Uint8Array.from(Buffer.from(wire.rootPublicKey, 'hex')),
    codec: wire.codec,
    dictionary: bundledDictionary(),
    limits: { ...defaults, ...wire.limits },
  };
}

/** The path under which the gatekeeper's users fetch a blob of ours. `reference` must be base64url. */
export function mediaPath({ media, integrator }: GatekeeperProfile, reference: string): string {
  return media.pathTemplate.replace('{integrator}', `${integrator}`).replace('{reference}', () => reference);
}
