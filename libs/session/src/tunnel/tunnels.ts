import type { Server } from 'node:http';
import type { SessionEvent } from '@causeway/contracts/session';
import type { Revoked } from '@causeway/coordination';
import { TrustedProxies } from '@causeway/http';
import { limits } from '@causeway/limits';
import type { Timer } from '@causeway/lifecycle';
import type { GatekeeperProfile } from '@causeway/profiles';
import type { ServiceContext } from '@causeway/runtime';
import { GatekeeperSockets } from './gatekeeper-sockets.js';
import { closeRevokedTunnels } from './revoked-tunnels.js';
import type { TunnelOwner } from './tunnel.js';
import { createTunnelMetrics } from './tunnel-metrics.js';
import { TunnelRegistry } from './tunnel-registry.js';
import { TunnelServer } from './tunnel-server.js';
import { TunnelSignals } from './tunnel-signals.js';

/** What tunnels need of their service. */
export type TunnelContext = Pick<
  ServiceContext,
  'accessTokens' | 'clock' | 'coordination' | 'logger' | 'metrics' | 'postgres'
> & {
  readonly settings: Pick<ServiceContext['settings'], 'TRUSTED_PROXIES'>;
  readonly certificates: {
    readonly current: Pick<ServiceContext['certificates']['current'], 'GATEKEEPER_CA'>;
  };
};

/** What tunnels share with sessions. */
export interface TunnelSurroundings {
  readonly profiles: ReadonlyMap<string, GatekeeperProfile>;
  readonly events: { session(event: SessionEvent): Promise<void> };
  readonly knowsRights: () => boolean;
}

/** How often a drain looks whether all have gone. */
const DRAIN_LOOK_MS = 50;

/** Mode `tunnel` of this pod. Whoever holds a partition does not matter here: a tunnel is where its device came in. */
export class Tunnels {
  readonly #registry = new TunnelRegistry();
  readonly #signals: TunnelSignals;
  readonly #server: TunnelServer;
  readonly #metrics;
  #timer: Timer | undefined;

  constructor(
    private readonly context: TunnelContext,
    private readonly surroundings: TunnelSurroundings,
  ) {
    const { coordination, clock, metrics, settings, certificates } = context;
    const { profiles, knowsRights } = surroundings;
    this.#signals = new TunnelSignals(this.#registry, coordination.signals, clock);
    this.#metrics = createTunnelMetrics(metrics);
    this.#server = new TunnelServer({
      ...context,
      registry: this.#registry,
      signals: this.#signals,
      gatekeepers: new GatekeeperSockets(profiles, () => certificates.current.GATEKEEPER_CA),
      proxies: new TrustedProxies(settings.TRUSTED_PROXIES),
      metrics: this.#metrics,
      knowsRights,
      connected: (owner) => void this.#connected(owner),
    });
  }

  /** Takes tunnels on an HTTP server. */
  async start(server: Server): Promise<void> {
    await this.#signals.start();
    this.#look();
    this.#server.attach(server);
  }

  /** Rights were taken. @throws {PostgresError} when they cannot be read; the same is then given again */
  revoked(deviceIds: Revoked['deviceIds']): Promise<void> {
    return closeRevokedTunnels(this.#registry, this.context.postgres, deviceIds);
  }

  /** Takes no more, sends the devices elsewhere, and cuts off those that do not go. */
  async drain(): Promise<void> {
    this.#server.stopAccepting();
    const { clock } = this.context;
    for (const tunnel of this.#registry.all()) tunnel.close('comeAgain');
    const deadlineMs = clock.monotonicMs() + limits.tunnelCloseMs.value;
    while (this.#registry.size > 0 && clock.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, DRAIN_LOOK_MS));
    }
    for (const tunnel of this.#registry.all()) tunnel.terminate();
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    await this.#signals.stop();
  }

  /** One timer for the times of all. */
  #look(): void {
    let waiting = 0;
    for (const tunnel of this.#registry.all()) {
      waiting += tunnel.waiting;
      // Who may still be connected is not known any more; whoever knows takes them in.
      if (!this.surroundings.knowsRights()) tunnel.close('comeAgain');
      tunnel.look();
    }
    this.#metrics.waiting.set(waiting);
    this.#timer = this.context.clock.setTimeout(() => this.#look(), limits.tunnelLookMs.value);
  }

  async #connected({ userId, deviceId, gatekeeper }: TunnelOwner): Promise<void> {
    const { clock, logger } = this.context;
    try {
      const event = { type: 'tunnel.opened', userId, deviceId, gatekeeper, at: clock.now() } as const;
      await this.surroundings.events.session(event);
    } catch (error) {
      logger.warn({ err: error }, 'a connection could not be told; the next one will be');
    }
  }
}
