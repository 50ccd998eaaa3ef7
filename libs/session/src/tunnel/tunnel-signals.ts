import { SessionKey } from '@causeway/contracts/ids';
import type { Signals, Subscription } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import type { Tunnel } from './tunnel.js';
import type { TunnelRegistry } from './tunnel-registry.js';

/** Broadcast with the id of a new tunnel and its session: whoever holds another one of that session gives way. */
const tunnelChannel = 'tunnel.opened';

/** Two tunnels of one device that began so near to each other are told apart by their ids. */
const TOGETHER_MS = 1_000;

/**
 * One tunnel per device over all pods. A broadcast may be lost: the gatekeeper then ends the older connection itself when
 * the newer one logs in.
 */
export class TunnelSignals {
  #subscription: Subscription | undefined;

  constructor(
    private readonly registry: TunnelRegistry,
    private readonly signals: Pick<Signals, 'publish' | 'subscribe'>,
    private readonly clock: Clock,
  ) {}

  async start(): Promise<void> {
    this.#subscription = await this.signals.subscribe(tunnelChannel, (payload) => this.#heard(payload));
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  /** Tells the other pods of a tunnel that is registered here. Never throws. */
  async announce({ owner }: Tunnel): Promise<void> {
    await this.signals.publish(tunnelChannel, `${owner.id} ${owner.sessionKey}`);
  }

  #heard(payload: string): void {
    const [id = '', key] = payload.split(' ');
    const sessionKey = SessionKey.safeParse(key);
    const own = sessionKey.success ? this.registry.get(sessionKey.data) : undefined;
    if (own === undefined || own.owner.id === id) return;
    const together = this.clock.monotonicMs() - own.openedAtMs < TOGETHER_MS;
    if (!together || own.owner.id < id) return own.close('replaced');
    // The other one must know that it is the one to go, wherever it began.
    void this.announce(own);
  }
}
