import type { Presence } from '@causeway/coordination';
import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import type { Command } from '../sessions/ports.js';
import type { SessionRegistry } from '../sessions/session-registry.js';
import type { Openings } from './openings.js';

/** With a lease of 8 s and a look every 5 s, a device whose pod died is seen to be gone within 13 s, below 15. */
const LOOK_MS = 5_000;

/** How long after the last good look another may end: a look that fails takes as long as one call. */
const NEXT_LOOK_MS = LOOK_MS + limits.coordinationCommandMs.value;

/**
 * Keeps sessions as long as their devices are present, and no longer: opens those of a partition that this pod has
 * gained, closes those whose device is gone, and closes all when presence cannot be read for too long.
 */
export class PresenceWatch {
  readonly #owned = new Set<number>();
  #timer: Timer | undefined;
  #readAtMs: number;
  #stopped = false;
  /** Devices may have come while presence could not be read. */
  #missed = false;

  constructor(
    private readonly registry: SessionRegistry,
    private readonly presence: Presence,
    private readonly openings: Openings,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#readAtMs = clock.monotonicMs();
  }

  start(): void {
    this.#timer = this.clock.setTimeout(() => void this.#look(), LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
  }

  /** Partitions came to this pod: devices that are connected get their upstream connection back. */
  async gained(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.#owned.add(partition);
    await this.#openPresent(partitions).catch((error: unknown) => this.#failed(error));
  }

  /** Partitions went to another pod. Resolves when their upstream connections have ended. */
  async lost(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.#owned.delete(partition);
    await this.registry.closeAll('partition_lost', (partition) => partitions.includes(partition));
  }

  /**
   * Whether an `open` comes too late: its device has gone or has connected anew, which a restarted pod reads only now.
   * @throws {CoordinationError} when presence cannot be read
   */
  async isStale({ sessionKey, epoch }: Command<'open'>): Promise<boolean> {
    try {
      return (await this.presence.get(sessionKey))?.epoch !== epoch;
    } catch (error) {
      this.#missed = true;
      throw error;
    }
  }

  async #look(): Promise<void> {
    try {
      for (const partition of this.registry.partitions()) await this.#closeAbsent(partition);
      this.#readAtMs = this.clock.monotonicMs();
      if (this.#missed) await this.#openMissed();
    } catch (error) {
      this.#failed(error);
      const blindMs = this.clock.monotonicMs() - this.#readAtMs;
      if (blindMs + NEXT_LOOK_MS > limits.closeWithoutCoordinationMs.value) {
        await this.registry.closeAll('presence_unreadable');
      }
    }
    if (!this.#stopped) this.start();
  }

  async #closeAbsent(partition: number): Promise<void> {
    // Listed first: a session that opens while presence is being read is not judged by what was read.
    const sessions = this.registry.inPartition(partition);
    const entries = await this.presence.list(partition);
    const present = new Map(entries.map((entry) => [entry.sessionKey, entry.epoch]));
    for (const session of sessions) {
      const epoch = present.get(session.opened.sessionKey);
      if (epoch === undefined || epoch > session.opened.epoch) session.close('device_gone');
    }
  }

  async #openMissed(): Promise<void> {
    this.#missed = false;
    await this.#openPresent([...this.#owned]);
  }

  async #openPresent(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) {
      for (const entry of await this.presence.list(partition)) {
        const open = await this.openings.of(entry);
        const mine = this.#owned.has(partition) && !this.#stopped;
        if (open !== undefined && mine) this.registry.open(open, partition);
      }
    }
  }

  #failed(error: unknown): void {
    this.#missed = true;
    this.logger.warn({ err: error }, 'presence cannot be read; what was missed is made up for');
  }
}
