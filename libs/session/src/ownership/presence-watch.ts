import type { Presence, PresenceEntry } from '@causeway/coordination';
import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import type { Command } from '../sessions/ports.js';
import type { SessionRegistry } from '../sessions/session-registry.js';
import type { UpstreamSession } from '../sessions/upstream-session.js';
import { Absences } from './absences.js';
import type { IndexWatch } from './index-watch.js';
import type { Openings } from './openings.js';

/** With a lease of 8 s and a look every 5 s, a device whose pod died is seen to be gone within 13 s, below 15. */
const LOOK_MS = limits.closeAfterCleanDisconnectMs.value;

/** How long after the last good look another may end: a look that fails takes as long as one call. */
const NEXT_LOOK_MS = LOOK_MS + limits.coordinationCommandMs.value;

/**
 * Keeps sessions as long as their devices are present, and no longer: opens those of a partition that this pod has
 * gained, closes those whose device is gone, and closes all when presence cannot be read for too long. While the index
 * is being rebuilt, that a device is not in it closes nothing.
 */
export class PresenceWatch {
  readonly #owned = new Set<number>();
  readonly #absences: Absences;
  #timer: Timer | undefined;
  #readAtMs: number;
  #stopped = false;
  /** Devices may have come while presence could not be read. */
  #missed = false;

  constructor(
    private readonly registry: SessionRegistry,
    private readonly presence: Presence,
    private readonly index: IndexWatch,
    private readonly openings: Openings,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#readAtMs = clock.monotonicMs();
    this.#absences = new Absences(clock);
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
    try {
      await this.#openPresent(partitions);
      if (await this.index.isRebuilding()) await this.#expectMore();
    } catch (error) {
      this.#failed(error);
    }
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
      const entry = await this.presence.get(sessionKey);
      if (entry === undefined && (await this.index.isRebuilding())) this.#missed = true;
      return entry?.epoch !== epoch;
    } catch (error) {
      this.#missed = true;
      throw error;
    }
  }

  async #look(): Promise<void> {
    try {
      const { absent, back } = await this.#compare();
      const rebuilding = await this.index.isRebuilding();
      if (rebuilding) await this.#expectMore();
      if (!rebuilding || this.#isBlindTooLong()) this.#closeAbsent(absent);
      await this.#open(back);
      if (!rebuilding && this.#missed) await this.#openMissed();
    } catch (error) {
      this.#failed(error);
      if (this.#isBlindTooLong()) await this.registry.closeAll('presence_unreadable');
    }
    if (!this.#stopped) this.start();
  }

  /** Holds the sessions against the index. */
  async #compare(): Promise<{ absent: [UpstreamSession, number][]; back: PresenceEntry[] }> {
    const absent: [UpstreamSession, number][] = [];
    const back: PresenceEntry[] = [];
    for (const partition of new Set([...this.registry.partitions(), ...this.#absences.partitions()])) {
      // Listed first: a session that opens while presence is being read is not judged by what was read.
      const sessions = this.registry.inPartition(partition);
      const entries = await this.presence.list(partition);
      const present = new Map(entries.map((entry) => [entry.sessionKey, entry.epoch]));
      for (const session of sessions) {
        const epoch = present.get(session.opened.sessionKey);
        if (epoch === undefined || epoch > session.opened.epoch) absent.push([session, partition]);
      }
      back.push(...this.#absences.take(entries));
    }
    return { absent, back };
  }

  #closeAbsent(absent: readonly [UpstreamSession, number][]): void {
    this.#readAtMs = this.clock.monotonicMs();
    for (const [session, partition] of absent) {
      session.close('device_gone');
      this.#absences.add(session, partition);
    }
  }

  /** Whether sessions would outlive their devices for too long if they waited for the next look. */
  #isBlindTooLong(): boolean {
    const blindMs = this.clock.monotonicMs() - this.#readAtMs;
    return blindMs + NEXT_LOOK_MS > limits.closeWithoutCoordinationMs.value;
  }

  async #expectMore(): Promise<void> {
    this.#missed = true;
    await this.index.announce();
  }

  async #openMissed(): Promise<void> {
    this.#missed = false;
    await this.#openPresent([...this.#owned]);
  }

  async #openPresent(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) await this.#open(await this.presence.list(partition));
  }

  async #open(entries: readonly PresenceEntry[]): Promise<void> {
    for (const entry of entries) {
      const open = await this.openings.of(entry);
      const mine = this.#owned.has(entry.partition) && !this.#stopped;
      if (open !== undefined && mine) this.registry.open(open, entry.partition);
    }
  }

  #failed(error: unknown): void {
    this.#missed = true;
    this.logger.warn({ err: error }, 'presence cannot be read; what was missed is made up for');
  }
}
