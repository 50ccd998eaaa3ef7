import { sessionKeyOf } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { Rounds } from '@causeway/sweeper';
import type { Logger } from '@causeway/telemetry';
import type { FanoutMetrics } from '../fanout-metrics.js';
import type { WakePort } from './wake.port.js';
import type { DueWake, WakesStore } from './wakes.store.js';

export interface WakeDispatchParts {
  readonly store: WakesStore;
  readonly port: WakePort;
  readonly coordination: Pick<Coordination, 'presence'>;
  readonly metrics: FanoutMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sends the wakes that are due: at once when it is told of one, and in rounds those that were put off. */
export class WakeDispatch {
  readonly #rounds: Rounds;

  constructor(private readonly parts: WakeDispatchParts) {
    const { clock, logger } = parts;
    this.#rounds = new Rounds({
      clock,
      everyMs: limits.wakeLookMs.value,
      jitter: 0.2,
      work: () => this.#work(),
      onFailure: (err) => logger.warn({ err }, 'wakes could not be read or recorded; they are tried again'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Something is due. */
  kick(): void {
    this.#rounds.kick();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #work(): Promise<boolean> {
    const wakes = await this.parts.store.claim(limits.wakesAtOnce.value);
    await Promise.all(wakes.map((wake) => this.#send(wake)));
    return wakes.length === limits.wakesAtOnce.value;
  }

  async #send(wake: DueWake): Promise<void> {
    const { store, port, metrics, logger } = this.parts;
    if (await this.#isConnected(wake)) {
      await store.settle(wake, 'connected');
      return metrics.wakes.inc({ outcome: 'connected' });
    }
    try {
      await port.wake(wake);
    } catch (err) {
      const state = await store.failed(wake);
      metrics.wakes.inc({ outcome: state === 'dead' ? 'dead' : 'failed' });
      const { deviceId, gatekeeper } = wake;
      if (state === 'dead')
        logger.error({ err, deviceId, gatekeeper }, 'a device could not be woken; given up');
      return;
    }
    await store.settle(wake, 'sent');
    metrics.wakes.inc({ outcome: 'sent' });
  }

  /** When that cannot be told it is woken: one wake too many costs less than one too few. */
  async #isConnected({ deviceId, gatekeeper }: DueWake): Promise<boolean> {
    const { presence } = this.parts.coordination;
    const present = await presence.get(sessionKeyOf(deviceId, gatekeeper)).catch(() => undefined);
    return present !== undefined;
  }
}
