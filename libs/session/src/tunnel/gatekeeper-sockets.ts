import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import { WebSocket } from 'ws';
import { UpstreamDialers } from '../links/upstream-dialers.js';

/** The gatekeeper's chat server did not take a connection. Holds no address. */
export class GatekeeperUnreachable extends Error {
  override readonly name = 'GatekeeperUnreachable';
  readonly code = 'tunnel_gatekeeper_unreachable';
}

/** Opens WebSockets to the chat servers of the profiles, and to nowhere else; no redirect is followed. */
export class GatekeeperSockets {
  readonly #dialers: UpstreamDialers;

  /**
   * @param profiles those whose wire is no WebSocket have no tunnel
   * @param ca authorities of the gatekeepers' certificates, asked for each new connection
   */
  constructor(
    private readonly profiles: ReadonlyMap<string, GatekeeperProfile>,
    ca: () => string | undefined,
  ) {
    this.#dialers = new UpstreamDialers(profiles, ca);
  }

  has(gatekeeper: string): boolean {
    return this.profiles.get(gatekeeper)?.wire.codec === 'binary';
  }

  /**
   * @returns an open socket that is paused
   * @throws {GatekeeperUnreachable} also at the deadline
   */
  async open(gatekeeper: string, clientAddress: string | undefined): Promise<WebSocket> {
    const profile = this.profiles.get(gatekeeper);
    if (profile?.wire.codec !== 'binary') throw new GatekeeperUnreachable();
    const { url, origin } = profile.wire;
    const { headers, dial } = this.#dialers.of(profile, clientAddress);
    const beganMs = performance.now();
    try {
      const connection = await dial();
      const leftMs = limits.tunnelConnectMs.value - (performance.now() - beganMs);
      const socket = new WebSocket(url, {
        createConnection: () => connection,
        handshakeTimeout: Math.max(1, leftMs),
        headers,
        followRedirects: false,
        perMessageDeflate: false,
        maxPayload: limits.tunnelGatekeeperMessageBytes.value,
        ...(origin !== undefined && { origin }),
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
