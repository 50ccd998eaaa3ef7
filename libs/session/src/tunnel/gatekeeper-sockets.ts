import { createDialer, type Dial } from '@causeway/http';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import { WebSocket } from 'ws';
import { proxyHandshakeOf } from './proxy-handshake.js';

/** The gatekeeper's chat server did not take a connection. Holds no address. */
export class GatekeeperUnreachable extends Error {
  override readonly name = 'GatekeeperUnreachable';
  readonly code = 'tunnel_gatekeeper_unreachable';
}

interface Gatekeeper {
  readonly profile: GatekeeperProfile;
  readonly wire: Extract<GatekeeperProfile['wire'], { codec: 'binary' }>;
  readonly dial: Dial;
}

/**
 * Opens WebSockets to the chat servers of the profiles, and to nowhere else: each to the host of its profile's wire,
 * which is looked up and checked when connecting; no redirect is followed.
 */
export class GatekeeperSockets {
  readonly #gatekeepers: ReadonlyMap<string, Gatekeeper>;

  /**
   * @param profiles those whose wire is no WebSocket have no tunnel
   * @param ca authorities of the gatekeepers' certificates, asked for each new connection
   */
  constructor(profiles: ReadonlyMap<string, GatekeeperProfile>, ca: () => string | undefined) {
    this.#gatekeepers = new Map(
      [...profiles].flatMap(([id, profile]) => {
        const { wire, egress } = profile;
        if (wire.codec !== 'binary') return [];
        const { allowPrivateAddresses } = egress;
        const dial = createDialer({ allowedHosts: [hostOf(wire.url)], allowPrivateAddresses, ca });
        return [[id, { profile, wire, dial }] as const];
      }),
    );
  }

  has(gatekeeper: string): boolean {
    return this.#gatekeepers.has(gatekeeper);
  }

  /**
   * @returns an open socket that is paused
   * @throws {GatekeeperUnreachable} also at the deadline
   */
  async open(gatekeeper: string, clientAddress: string | undefined): Promise<WebSocket> {
    const known = this.#gatekeepers.get(gatekeeper);
    if (known === undefined) throw new GatekeeperUnreachable();
    const { profile, wire, dial } = known;
    const { headers, preamble } = proxyHandshakeOf(profile, clientAddress);
    const beganMs = performance.now();
    try {
      const connection = await dial(wire.url, preamble);
      const leftMs = limits.tunnelConnectMs.value - (performance.now() - beganMs);
      const socket = new WebSocket(wire.url, {
        createConnection: () => connection,
        handshakeTimeout: Math.max(1, leftMs),
        headers,
        followRedirects: false,
        perMessageDeflate: false,
        maxPayload: limits.tunnelGatekeeperMessageBytes.value,
        ...(wire.origin !== undefined && { origin: wire.origin }),
      });
      return await opened(socket);
    } catch (cause) {
      throw new GatekeeperUnreachable('the gatekeeper did not take a connection', { cause });
    }
  }
}

function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      // Nothing may come before somebody listens.
      socket.pause();
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** The one host, with its port where that is not the scheme's own. */
function hostOf(url: string): string {
  return new URL(url).host;
}
