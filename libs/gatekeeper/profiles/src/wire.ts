import type { Dictionary } from '@causeway/binary-xml';
import { dictionaryOf } from './dictionary.js';
import type { GatekeeperProfile } from './schema.js';

type Wire = GatekeeperProfile['wire'];
type BinaryWire = Extract<Wire, { codec: 'binary' }>;
type XmppWire = Extract<Wire, { codec: 'xmpp' }>;

/** What the transport of the compact wire needs of a profile: keys as bytes, the dictionary loaded, every limit with a value. */
export interface BinaryProfileWire<Limits> {
  readonly url: string;
  readonly origin?: string;
  readonly transcript: BinaryWire['transcript'];
  /** Hex; also the prologue. */
  readonly header: string;
  /** 32 bytes. */
  readonly rootPublicKey: Uint8Array;
  readonly codec: 'binary';
  readonly dictionary: Dictionary;
  readonly limits: Limits;
}

/** What the transport of plain XMPP needs of a profile. */
export interface XmppProfileWire<Limits> {
  readonly codec: 'xmpp';
  readonly domain: string;
  readonly ca?: string;
  readonly mechanisms: XmppWire['mechanisms'];
  readonly limits: Limits;
}

/** The limits of both transports, of which a profile names only what differs. */
export interface WireDefaults<Binary, Xmpp> {
  readonly binary: Binary;
  readonly xmpp: Xmpp;
}

/** The wire of a profile, by its codec; with what it names read, so to be made once for a process. */
export function wireOf<
  Binary extends Required<BinaryWire['limits']>,
  Xmpp extends Required<XmppWire['limits']>,
>(
  { wire }: GatekeeperProfile,
  defaults: WireDefaults<Binary, Xmpp>,
): BinaryProfileWire<Binary> | XmppProfileWire<Xmpp> {
  return wire.codec === 'xmpp' ? xmppWire(wire, defaults.xmpp) : binaryWire(wire, defaults.binary);
}

function binaryWire<Limits>(wire: BinaryWire, defaults: Limits): BinaryProfileWire<Limits> {
  return {
    url: wire.url,
    ...(wire.origin === undefined ? {} : { origin: wire.origin }),
    transcript: wire.transcript,
    header: wire.header,
    rootPublicKey: Uint8Array.from(Buffer.from(wire.rootPublicKey, 'hex')),
    codec: wire.codec,
    dictionary: dictionaryOf(wire.dictionary),
    limits: { ...defaults, ...wire.limits },
  };
}

function xmppWire<Limits>(wire: XmppWire, defaults: Limits): XmppProfileWire<Limits> {
  const { codec, domain, ca, mechanisms } = wire;
  return {
    codec,
    domain,
    ...(ca === undefined ? {} : { ca }),
    mechanisms,
    limits: { ...defaults, ...wire.limits },
  };
}

/** The path under which the gatekeeper's users fetch a blob of ours. `reference` must be base64url. */
export function mediaPath({ media, integrator }: GatekeeperProfile, reference: string): string {
  return media.pathTemplate.replace('{integrator}', `${integrator}`).replace('{reference}', () => reference);
}
