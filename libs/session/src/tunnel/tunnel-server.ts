import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorDefinition } from '@causeway/contracts/errors';
import { sessionKeyOf } from '@causeway/contracts/ids';
import { sessionErrors, TUNNEL_PATH, TunnelQuery } from '@causeway/contracts/session';
import type { Coordination } from '@causeway/coordination';
import {
  answerOnSocket,
  AppError,
  bearerToken,
  clientAddressOf,
  httpError,
  type AccessTokenVerifier,
  type TrustedProxies,
} from '@causeway/http';
import { limits, rateLimits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { findDevice } from '@causeway/store/directory';
import type { Logger } from '@causeway/telemetry';
import { WebSocketServer, type WebSocket } from 'ws';
import { GatekeeperUnreachable, type GatekeeperSockets } from './gatekeeper-sockets.js';
import { closeUnlessAllowed } from './revoked-tunnels.js';
import { Tunnel, type TunnelDependencies, type TunnelOwner } from './tunnel.js';
import type { TunnelRegistry } from './tunnel-registry.js';
import { tunnelRightOf } from './tunnel-rights.js';
import type { TunnelSignals } from './tunnel-signals.js';

export interface TunnelServerParts extends Omit<TunnelDependencies, 'over'> {
  readonly registry: TunnelRegistry;
  readonly signals: Pick<TunnelSignals, 'announce'>;
  readonly gatekeepers: GatekeeperSockets;
  readonly postgres: Postgres;
  readonly coordination: Pick<Coordination, 'rates'>;
  readonly accessTokens: Pick<AccessTokenVerifier, 'verify'>;
  readonly proxies: TrustedProxies;
  /** Whether this pod knows who may still be connected. */
  readonly knowsRights: () => boolean;
  readonly logger: Logger;
}

/** Takes devices' tunnels: each is authenticated, and its gatekeeper reached, before the device's upgrade is answered. */
export class TunnelServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.tunnelDeviceMessageBytes.value,
    perMessageDeflate: false,
    clientTracking: false,
  });
  #accepting = true;

  constructor(private readonly parts: TunnelServerParts) {}

  /** Answers upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // A peer that breaks off while it is being authenticated must not end the process.
      socket.on('error', () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => this.#refuse(socket, error));
    });
  }

  /** Takes no more. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { registry, gatekeepers, proxies } = this.parts;
    this.#mustAccept();
    if (head.length > 0) throw errorOf(sessionErrors.tunnel_early_data);
    const owner = await this.#authenticate(request);
    const address = clientAddressOf(request, proxies);
    const giveBack = registry.reserve(address);
    if (giveBack === undefined) throw errorOf(sessionErrors.tunnel_limit_reached);
    try {
      const gatekeeper = await gatekeepers.open(owner.gatekeeper, address);
      this.#join(request, socket, owner, { gatekeeper, giveBack });
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #mustAccept(): void {
    if (!this.#accepting) throw errorOf(sessionErrors.tunnel_limit_reached);
    if (!this.parts.knowsRights()) throw httpError('unavailable');
  }

  async #authenticate(request: IncomingMessage): Promise<TunnelOwner> {
    const { postgres, coordination, accessTokens, gatekeepers } = this.parts;
    const url = URL.parse(request.url ?? '/', 'http://tunnel');
    const query = TunnelQuery.safeParse(Object.fromEntries(url?.searchParams ?? []));
    if (url?.pathname !== TUNNEL_PATH) throw httpError('not_found');
    const caller = await accessTokens.verify(bearerToken(request));
    if (!query.success) throw errorOf(sessionErrors.tunnel_device_unknown);
    const { device: deviceId, gatekeeper } = query.data;
    const known = await findDevice(postgres, deviceId);
    const own = known !== undefined && timingSafeEqual(known.subjectHash, caller.subjectHash);
    if (!own || !gatekeepers.has(gatekeeper)) throw errorOf(sessionErrors.tunnel_device_unknown);
    const right = await tunnelRightOf(postgres, deviceId, gatekeeper);
    if (right === undefined) throw errorOf(sessionErrors.tunnel_not_allowed);
    const sessionKey = sessionKeyOf(deviceId, gatekeeper);
    const { allowed, retryAfterMs } = await coordination.rates.take(rateLimits.tunnelConnect, sessionKey);
    if (!allowed) throw httpError('rate_limited', { retryAfterMs });
    return { id: randomUUID(), deviceId, gatekeeper, sessionKey, ...right, expiresAt: caller.expiresAt };
  }

  /** The drain, or the device's leaving, may have come while the gatekeeper was called. */
  #join(
    request: IncomingMessage,
    socket: Duplex,
    owner: TunnelOwner,
    { gatekeeper, giveBack }: { readonly gatekeeper: WebSocket; readonly giveBack: () => void },
  ): void {
    try {
      this.#mustAccept();
      if (socket.readableLength > 0) throw errorOf(sessionErrors.tunnel_early_data);
      if (socket.destroyed) throw errorOf(sessionErrors.tunnel_device_unknown);
      let joined = false;
      socket.once('close', () => {
        giveBack();
        // An upgrade that is not proper is answered by the library; nobody needs the gatekeeper then.
        if (!joined) gatekeeper.terminate();
      });
      this.#server.handleUpgrade(request, socket, Buffer.alloc(0), (device) => {
        joined = true;
        device.pause();
        this.#begin(owner, device, gatekeeper);
      });
    } catch (error) {
      gatekeeper.terminate();
      throw error;
    }
  }

  #begin(owner: TunnelOwner, device: WebSocket, gatekeeper: WebSocket): void {
    const { registry, signals, postgres, logger } = this.parts;
    const over = (ended: Tunnel) => registry.remove(ended);
    const tunnel = new Tunnel(owner, device, gatekeeper, { ...this.parts, over });
    registry.add(tunnel);
    void signals.announce(tunnel);
    // A right that was taken since it was read is told to whoever is registered, or seen by this look.
    closeUnlessAllowed(tunnel, postgres).then(
      (allowed) => allowed && tunnel.start(),
      (error: unknown) => {
        logger.warn({ err: error }, 'the right to a tunnel could not be read');
        tunnel.close('comeAgain');
      },
    );
  }

  /** What is not the device's fault is a failure of ours that passes, such as a database that is away. */
  #refuse(socket: Duplex, error: unknown): void {
    const known = error instanceof GatekeeperUnreachable ? unreachable() : error;
    const told = known instanceof AppError ? known : httpError('unavailable');
    if (told !== error) this.parts.logger.warn({ err: error }, 'a tunnel could not be opened');
    this.parts.metrics.refused.inc({ code: told.code });
    answerOnSocket(socket, told);
  }
}

function unreachable(): AppError {
  return errorOf(sessionErrors.tunnel_gatekeeper_unreachable);
}

function errorOf({ code, status, meaning }: ErrorDefinition): AppError {
  return new AppError(code, status, meaning);
}
