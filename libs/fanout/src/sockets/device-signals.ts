import { accountsErrors } from '@causeway/contracts/accounts';
import { socketCloseCodes } from '@causeway/contracts/fanout';
import { splitSessionKey, SessionKey } from '@causeway/contracts/ids';
import { announceChannel, type Coordination } from '@causeway/coordination';
import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import { decodeDeviceSignal } from '../accounts/device-signal.js';
import { deviceChannel, doorbellChannel } from '../delivery/doorbell.js';
import type { PresenceKeeper } from './presence-keeper.js';
import type { SocketRegistry } from './socket-registry.js';

/** Hears doorbells and device signals for the sockets of this pod, keeps its lease, and sweeps for what was not heard. */
export class DeviceSignals {
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #timers = new Map<string, Timer>();

  constructor(
    private readonly podId: string,
    private readonly registry: SocketRegistry,
    private readonly coordination: Coordination,
    private readonly keeper: PresenceKeeper,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.keeper.renew();
    this.#every('lease', limits.presenceRenewMs.value, () => this.keeper.renew());
    this.#every('sweep', limits.sweepMs.value, () => this.#sweep());
    await this.#hear(doorbellChannel(this.podId), (sessionKey) => this.#rung(sessionKey));
    await this.#hear(deviceChannel, (text) => this.#signalled(text));
    await this.#hear(announceChannel, (life) => this.keeper.announced(life));
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.values()) this.clock.clearTimeout(timer);
    this.#timers.clear();
    this.keeper.stop();
    await Promise.all(this.#closers.map((close) => close()));
  }

  #rung(text: string): void {
    const sessionKey = SessionKey.safeParse(text);
    if (!sessionKey.success) return;
    this.registry.get(splitSessionKey(sessionKey.data).deviceId)?.connections.ring(sessionKey.data);
  }

  #signalled(text: string): void {
    const signal = decodeDeviceSignal(text);
    if (signal === undefined) return;
    const socket = this.registry.get(signal.deviceId);
    if (signal.type === 'prekeys-low') {
      const { gatekeeper, available } = signal;
      socket?.send({ type: 'prekeys-low', gatekeeper, available });
    }
    if (signal.type === 'moved') {
      const { code } = accountsErrors.interop_device_replaced;
      socket?.send({ type: 'session', gatekeeper: signal.gatekeeper, state: 'withdrawn', code });
    }
    if (signal.type === 'replaced' && signal.podId !== this.podId)
      void socket?.close(socketCloseCodes.replaced);
    if (signal.type === 'refresh') this.#guard(async () => socket?.connections.refresh());
  }

  /** One device after another, so that a sweep of many sockets is no burst; what fails for one concerns it alone. */
  async #sweep(): Promise<void> {
    for (const socket of [...this.registry.all()]) {
      await socket.connections.refresh().catch((error: unknown) => this.#failed(error));
      socket.connections.ringAll();
    }
  }

  async #hear(channel: string, onSignal: (text: string) => void): Promise<void> {
    const subscription = await this.coordination.signals.subscribe(channel, onSignal);
    this.#closers.push(() => subscription.close());
  }

  #every(name: string, ms: number, work: () => Promise<void>): void {
    const again = () => this.#timers.set(name, this.clock.setTimeout(run, ms));
    const run = () => {
      this.#guard(async () => {
        try {
          await work();
        } finally {
          if (this.#timers.has(name)) again();
        }
      });
    };
    again();
  }

  #guard(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.logger.warn({ err: error }, 'presence or opt-ins cannot be reached; the sweep tries again');
  }
}
