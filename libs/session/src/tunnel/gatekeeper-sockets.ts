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

/**
 * Opens WebSockets to the chat servers of the profiles, and to nowhere else: each to the host of its profile's wire,
 * which is looked up and checked when connecting; no redirect is followed.
 */
export class GatekeeperSockets {
  readonly #dials: ReadonlyMap<string, Dial>;

  /** @param ca authorities of the gatekeepers' certificates, asked for each new connection */
  constructor(
    private readonly profiles: ReadonlyMap<string, GatekeeperProfile>,
    ca: () => string | undefined,
  ) {
    this.#dials = new Map(
      [...profiles].map(([id, { wire, egress }]) => {
        const { allowPrivateAddresses } = egress;
        return [id, createDialer({ allowedHosts: [hostOf(wire.url)], allowPrivateAddresses, ca })];
      }),
    );
  }

  has(gatekeeper: string): boolean {
    return this.profiles.has(gatekeeper);
  }

  /**
   * @returns an open socket that is paused
   * @throws {GatekeeperUnreachable} also at the deadline
   */
  async open(gatekeeper: string, clientAddress: string | undefined): Promise<WebSocket> {
    const [profile, dial] = [this.profiles.get(gatekeeper), this.#dials.get(gatekeeper)];
    if (profile === undefined || dial === undefined) throw new GatekeeperUnreachable();
    const { wire } = profile;
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
