import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Gauge, Logger, Metrics } from '@causeway/telemetry';
import { revocationChannel } from '../channels.js';
import type { Signals, Subscription } from '../port.js';

/** Who lost a right, up to an epoch; `all` when that cannot be told device by device. */
export interface Revoked {
  /** Grows with each revocation. */
  readonly epoch: bigint;
  readonly deviceIds: readonly string[] | 'all';
}

export interface RevocationWatchOptions {
  /** Reads what was revoked after an epoch; without one only the epoch of now. */
  readonly since: (epoch: bigint | undefined) => Promise<Revoked>;
  /** Acts on it; when it throws, the same is given again. */
  readonly revoked: (deviceIds: Revoked['deviceIds']) => Promise<void>;
  readonly signals: Pick<Signals, 'subscribe'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Sees to it that revoked rights are noticed although a broadcast may be lost: reads the revocation epoch every 2
 * seconds, and at once when it is told of a change. While it cannot be read, new sends are denied after 30 seconds.
 */
export class RevocationWatch {
  #epoch: bigint | undefined;
  #readAtMs: number;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #subscription: Subscription | undefined;
  #wasDenying = false;
  readonly #denied: Gauge;

  constructor(private readonly options: RevocationWatchOptions) {
    this.#readAtMs = options.clock.monotonicMs();
    this.#denied = options.metrics.gauge(
      'revocations_unreadable',
      'Whether new sends are denied because the revocation epoch could not be read for 30 seconds',
    );
    this.#denied.set(0);
  }

  /** Begins to read. Does not throw: what cannot be read or heard yet is tried again. */
  async start(): Promise<void> {
    await this.look();
    await this.#listen();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== undefined) this.options.clock.clearTimeout(this.#timer);
    await Promise.all([this.#looking, this.#subscription?.close()]);
  }

  /** Whether it is known well enough who may still send. */
  mayAcceptNewSends(): boolean {
    const blindMs = this.options.clock.monotonicMs() - this.#readAtMs;
    return blindMs < limits.revocationBlindMs.value;
  }

  /** For readiness. @throws {Error} while new sends are denied */
  async check(): Promise<void> {
    if (!this.mayAcceptNewSends()) throw new Error('the revocation epoch cannot be read');
  }

  /** Reads now; calls while it reads make it read once more. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookWhileTold().finally(() => {
      this.#looking = undefined;
      this.#later();
    });
    return this.#looking;
  }

  async #lookWhileTold(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#read();
      } catch (error) {
        this.options.logger.debug({ err: error }, 'the revocation epoch could not be read');
      }
      this.#report();
    }
  }

  async #read(): Promise<void> {
    const { since, revoked, clock } = this.options;
    const { epoch, deviceIds } = await since(this.#epoch);
    if (this.#epoch !== undefined && deviceIds.length > 0) await revoked(deviceIds);
    this.#epoch = epoch;
    this.#readAtMs = clock.monotonicMs();
  }

  #report(): void {
    const denying = !this.mayAcceptNewSends();
    this.#denied.set(denying ? 1 : 0);
    const { logger } = this.options;
    if (denying && !this.#wasDenying) logger.error('revocations cannot be read; new sends are denied');
    if (!denying && this.#wasDenying) logger.info('revocations can be read again; sends are accepted');
    this.#wasDenying = denying;
  }

  #later(): void {
    if (this.#stopped) return;
    const { clock } = this.options;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    // Pods that started together do not ask together for ever.
    const ms = limits.revocationReadMs.value * (0.9 + 0.1 * Math.random());
    this.#timer = clock.setTimeout(() => {
      void this.look();
      if (this.#subscription === undefined) void this.#listen();
    }, ms);
  }

  async #listen(): Promise<void> {
    try {
      this.#subscription ??= await this.options.signals.subscribe(revocationChannel, () => void this.look());
    } catch (error) {
      this.options.logger.debug({ err: error }, 'revocations are not heard yet');
    }
  }
}
