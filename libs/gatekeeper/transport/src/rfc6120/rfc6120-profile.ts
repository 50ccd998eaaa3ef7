import { defaultWireLimits, type WireLimits } from '../wire-profile.js';

/** Bounds and deadlines of one connection to an XMPP server; those of the other wire hold where they have a meaning. */
export interface Rfc6120Limits extends WireLimits {
  /** Stanzas that were sent and that the server has not acknowledged; a send above it is refused. */
  readonly maxUnacknowledged: number;
  /** Received stanzas that their owner has not settled; at this number reading stops. */
  readonly maxUnsettled: number;
  /** How long the server is asked to keep a lost connection's session, seconds. */
  readonly resumeSeconds: number;
}

export const defaultRfc6120Limits: Rfc6120Limits = {
  ...defaultWireLimits,
  maxStanzaBytes: 524_288,
  maxUnacknowledged: 256,
  // Half the session's window: what one read brings beyond it still fits.
  maxUnsettled: 128,
  resumeSeconds: 120,
};

/** SASL mechanisms in the order of preference; none of them shows the secret to the server. */
export const scramMechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-1'] as const;
export type ScramMechanism = (typeof scramMechanisms)[number];

/** The part of a gatekeeper profile that a connection to an XMPP server needs. */
export interface Rfc6120Profile {
  /** The server's XMPP domain, which its certificate must name. */
  readonly domain: string;
  /** PEM of the authorities to believe; absent: those of the system. */
  readonly ca?: string;
  /** What the client is willing to log in with; one that is missing here is not used even if it is all that is offered. */
  readonly mechanisms: readonly ScramMechanism[];
  readonly limits: Rfc6120Limits;
}

/** Who logs in. The localpart is the account's name at the server. */
export interface Rfc6120Login {
  readonly localpart: string;
  /** The SASL secret: the account's password, or a token that the server takes for one. */
  readonly secret: string;
  /** Same for every login of one session: a new login then ends what is left of the last one. */
  readonly resource: string;
}
