import { splitSessionKey } from '@causeway/contracts/ids';
import type { Coordination, PresenceEntry } from '@causeway/coordination';
import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { findOptIn } from '@causeway/store/directory';
import type { Logger } from '@causeway/telemetry';
import type { Command } from '../sessions/ports.js';
import type { SessionRegistry } from '../sessions/session-registry.js';

/** With a lease of 8 s and a look every 5 s, a device whose pod died is seen to be gone within 13 s, below 15. */
const LOOK_MS = 5_000;

/**
 * Keeps sessions as long as their devices are present, and no longer: opens those of a partition that this pod has
 * gained, closes those whose device is gone, and closes all when presence cannot be read for too long.
 */
export class PresenceWatch {
  #timer: Timer | undefined;
  #readAtMs: number;
  #stopped = false;

  constructor(
    private readonly registry: SessionRegistry,
    private readonly coordination: Coordination,
    private readonly postgres: Postgres,
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

  /** A partition came to this pod: devices that are connected get their upstream connection back. */
  async gained(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) {
      for (const entry of await this.coordination.presence.list(partition)) {
        const open = await this.#openFor(entry);
        if (open !== undefined) this.registry.open(open, partition);
      }
    }
  }

  async #look(): Promise<void> {
    try {
      for (const partition of this.registry.partitions()) {
        // Listed first: a session that opens while presence is being read is not judged by what was read.
        const sessions = this.registry.inPartition(partition);
        const entries = await this.coordination.presence.list(partition);
        const present = new Map(entries.map((entry) => [entry.sessionKey, entry.epoch]));
        for (const session of sessions) {
          const epoch = present.get(session.opened.sessionKey);
          if (epoch === undefined || epoch > session.opened.epoch) session.close('device_gone');
        }
      }
      this.#readAtMs = this.clock.monotonicMs();
    } catch (error) {
      this.logger.warn({ err: error }, 'presence cannot be read');
      const blindMs = this.clock.monotonicMs() - this.#readAtMs;
      if (blindMs + LOOK_MS > limits.closeWithoutCoordinationMs.value)
        await this.registry.closeAll('presence_unreadable');
    }
    if (!this.#stopped) this.start();
  }

  async #openFor(entry: PresenceEntry): Promise<Command<'open'> | undefined> {
    const sessionKey = entry.sessionKey as Command<'open'>['sessionKey'];
    const { deviceId, gatekeeper } = splitSessionKey(sessionKey);
    const optIn = await findOptIn(this.postgres, deviceId, gatekeeper);
    if (optIn === undefined) return undefined;
    return {
      type: 'open',
      sessionKey,
      gatekeeper,
      deviceId,
      userId: optIn.userId as Command<'open'>['userId'],
      epoch: entry.epoch,
      reason: optIn.optInState === 'deleting' ? 'deletion' : 'reconnect',
      ...(entry.relayKey !== undefined && { relayKey: entry.relayKey }),
    };
  }
}
