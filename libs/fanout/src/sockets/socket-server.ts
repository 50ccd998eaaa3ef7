import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { fanoutErrors, SOCKET_PATH, socketCloseCodes, SocketQuery } from '@causeway/contracts/fanout';
import { UserId } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import {
  answerOnSocket,
  AppError,
  clientAddressOf,
  httpError,
  type AccessTokenVerifier,
  type TrustedProxies,
} from '@causeway/http';
import { limits, rateLimits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { findDevice } from '@causeway/store/directory';
import { WebSocketServer, type WebSocket } from 'ws';
import { encodeDeviceSignal } from '../accounts/device-signal.js';
import type { OptIns } from '../accounts/opt-ins.js';
import type { ConnectionDependencies } from '../connections/ports.js';
import { deviceChannel } from '../delivery/doorbell.js';
import { DeviceSocket, type SocketDevice } from './device-socket.js';
import type { SocketRegistry } from './socket-registry.js';

/** How long devices have to answer the close of a draining pod. */
const GRACE_MS = 2_000;
const LOOK_MS = 50;

const BEARER = /^Bearer ([\x21-\x7e]+)$/i;

/** What the socket server needs beside what its connections need. */
export interface SocketServerDependencies extends ConnectionDependencies {
  readonly postgres: Postgres;
  readonly coordination: Coordination;
  readonly accessTokens: AccessTokenVerifier;
  readonly optIns: OptIns;
  readonly proxies: TrustedProxies;
}

/** Takes devices' WebSockets: each is authenticated before the upgrade and watched by pings after it. */
export class SocketServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.socketFrameBytes.value,
    perMessageDeflate: false,
    clientTracking: false,
  });
  #accepting = true;

  constructor(
    private readonly registry: SocketRegistry,
    private readonly deps: SocketServerDependencies,
  ) {}

  /** Answers upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // A peer that breaks off while it is being authenticated must not end the process.
      socket.on('error', () => socket.destroy());
      const { clock } = this.deps;
      const late = () => this.#refuse(socket, httpError('unavailable'));
      const timer = clock.setTimeout(late, limits.socketHandshakeMs.value);
      this.#upgrade(request, socket, head)
        .catch((error: unknown) => this.#refuse(socket, error))
        .finally(() => clock.clearTimeout(timer));
    });
  }

  /** Stops taking sockets, tells the open ones to go elsewhere, and cuts off those that do not go. */
  async drain(): Promise<void> {
    this.#accepting = false;
    const sockets = [...this.registry.all()];
    await Promise.all(sockets.map((socket) => socket.close(socketCloseCodes.serviceRestart, 'draining')));
    const { clock } = this.deps;
    const deadlineMs = clock.monotonicMs() + GRACE_MS;
    while (this.registry.size > 0 && clock.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, LOOK_MS));
    }
    for (const socket of this.registry.all()) socket.terminate();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#mustAccept();
    const { device, expiresAt } = await this.#authenticate(request);
    // The drain, others, or the deadline may have come first.
    this.#mustAccept();
    if (!socket.writable) return;
    this.#server.handleUpgrade(request, socket, head, (accepted) =>
      this.#accepted(accepted, device, expiresAt),
    );
  }

  #mustAccept(): void {
    if (!this.#accepting || this.registry.full) throw errorOf(fanoutErrors.socket_limit_reached);
  }

  async #authenticate(request: IncomingMessage): Promise<{ device: SocketDevice; expiresAt: number }> {
    const url = URL.parse(request.url ?? '/', 'http://socket');
    const query = SocketQuery.safeParse(Object.fromEntries(url?.searchParams ?? []));
    if (url?.pathname !== SOCKET_PATH || !query.success) throw errorOf(fanoutErrors.socket_device_unknown);
    const bearer = BEARER.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const caller = await this.deps.accessTokens.verify(bearer);
    const { device: deviceId } = query.data;
    const known = await findDevice(this.deps.postgres, deviceId);
    if (known === undefined || !timingSafeEqual(known.subjectHash, caller.subjectHash)) {
      throw errorOf(fanoutErrors.socket_device_unknown);
    }
    const { allowed } = await this.deps.coordination.rates.take(rateLimits.socketConnect, deviceId);
    if (!allowed) throw errorOf(fanoutErrors.socket_limit_reached);
    const address = clientAddressOf(request, this.deps.proxies);
    return { device: { deviceId, userId: UserId.parse(known.userId), address }, expiresAt: caller.expiresAt };
  }

  /** What is not the device's fault is a failure of ours that passes, such as a database that is away. */
  #refuse(socket: Duplex, error: unknown): void {
    if (!socket.writable) return;
    if (error instanceof AppError) return answerOnSocket(socket, error);
    this.deps.logger.warn({ err: error }, 'a device could not be authenticated');
    answerOnSocket(socket, httpError('unavailable'));
  }

  #accepted(accepted: WebSocket, device: SocketDevice, expiresAt: number): void {
    const { deps, registry } = this;
    const socket = new DeviceSocket(accepted, device, deps, deps.optIns);
    registry.add(socket);
    const stopWatching = this.#watch(accepted, socket, expiresAt);
    accepted.on('error', (error) => deps.logger.debug({ err: error }, 'a device socket failed'));
    accepted.on('close', () => {
      stopWatching();
      registry.remove(socket);
      void socket.signOff('device_gone');
    });
    this.#begin(socket).catch((error: unknown) => {
      deps.logger.warn({ err: error }, 'the connections of a device could not be opened');
      void socket.close(socketCloseCodes.serviceRestart);
    });
  }

  /** Another pod may hold an older socket of the device. If it does not hear this, its sweep sees it. */
  async #begin(socket: DeviceSocket): Promise<void> {
    const { podId, coordination } = this.deps;
    const { deviceId } = socket.device;
    const opened = socket.open();
    const signal = encodeDeviceSignal({ type: 'replaced', deviceId, podId });
    await Promise.all([coordination.signals.publish(deviceChannel, signal), opened]);
  }

  /** Pings; closes a socket that did not answer the last one, and one whose access token has expired. */
  #watch(accepted: WebSocket, socket: DeviceSocket, expiresAt: number): () => void {
    const { clock } = this.deps;
    let alive = true;
    accepted.on('pong', () => (alive = true));
    const look = () => {
      if (clock.now() >= expiresAt) return void socket.close(socketCloseCodes.unauthorized);
      if (!alive) return accepted.terminate();
      alive = false;
      accepted.ping();
      timer = clock.setTimeout(look, limits.socketPingMs.value);
    };
    let timer = clock.setTimeout(look, limits.socketPingMs.value);
    return () => clock.clearTimeout(timer);
  }
}

function errorOf(definition: { code: string; status: number; meaning: string }): AppError {
  return new AppError(definition.code, definition.status, definition.meaning);
}
