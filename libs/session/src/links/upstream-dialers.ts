import type { Socket } from 'node:net';
import { createDialer, EgressError, type Dial, type ResolveAll } from '@causeway/http';
import type { GatekeeperProfile } from '@causeway/profiles';
import { UpstreamError } from '@causeway/transport';
import { proxyHandshakeOf } from './proxy-handshake.js';

/** What connections to gatekeepers need of this pod. */
export interface Outbound {
  /** Authorities of the gatekeepers' certificates, PEM, asked for each new connection; those of the system when undefined. */
  readonly ca: () => string | undefined;
  /** Where the session's device connects from; undefined when that is not known. Never rejects. */
  readonly addressOf: (sessionKey: string) => Promise<string | undefined>;
}

/** One way to a gatekeeper's chat server, on behalf of one client. */
export interface UpstreamDial {
  /** Of the request that opens a WebSocket; an XMPP stream opens with none. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Connects, with TLS where the wire begins with it; over plain XMPP the stream begins it (STARTTLS).
   * @throws {UpstreamError} `host_refused`, `connect_failed`
   */
  readonly dial: () => Promise<Socket>;
}

/** Refused for what the address is, not for how it is: trying again changes nothing. */
const REFUSED: readonly string[] = ['egress_url_refused', 'egress_host_refused', 'egress_address_refused'];

/**
 * Dials the chat servers of the profiles, and to nowhere else: the host of each is looked up and checked when
 * connecting, and told where the client is as the profile says.
 */
export class UpstreamDialers {
  readonly #dials: ReadonlyMap<string, Dial>;

  /** @param resolve of names; the system's by default */
  constructor(profiles: ReadonlyMap<string, GatekeeperProfile>, ca: Outbound['ca'], resolve?: ResolveAll) {
    const resolving = resolve === undefined ? {} : { resolve };
    this.#dials = new Map(
      [...profiles.values()].map(({ id, wire, egress: { allowPrivateAddresses } }) => {
        const allowedHosts = [new URL(wire.url).host];
        return [id, createDialer({ allowedHosts, allowPrivateAddresses, ca, ...resolving })];
      }),
    );
  }

  of(profile: GatekeeperProfile, clientAddress: string | undefined): UpstreamDial {
    const { headers, preamble } = proxyHandshakeOf(profile, clientAddress);
    const dial = this.#dials.get(profile.id);
    return {
      headers,
      async dial() {
        if (dial === undefined) throw new UpstreamError('host_refused');
        try {
          return await dial(profile.wire.url.replace(/^xmpp:/, 'tcp:'), preamble);
        } catch (cause) {
          const refused = cause instanceof EgressError && REFUSED.includes(cause.code);
          throw new UpstreamError(refused ? 'host_refused' : 'connect_failed', undefined, { cause });
        }
      },
    };
  }
}
