import type { SessionEvent } from '@causeway/contracts/session';
import { sessionKeyOf } from '@causeway/contracts/ids';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import { Rounds } from '@causeway/sweeper';
import type { Logger } from '@causeway/telemetry';
import { noteConnects, type ConnectDay } from './clock.store.js';
import { dayOf, plusDays } from './days.js';

/** A connection, as session tells of it or as a token for one shows it. */
type Connected = Pick<Extract<SessionEvent, { type: 'opened' }>, 'deviceId' | 'gatekeeper' | 'at'>;

/**
 * Knows on which day devices last connected, without a write per connection: each day of a device is written once by a
 * pod, with those of others in one statement. What a pod forgets by dying is a day, which the next connection brings
 * back; a device that stays connected is seen where it is present.
 */
export class ConnectDays {
  /** Days that this pod has written lately. */
  #known = new Set<string>();
  #waiting = new Map<string, ConnectDay>();
  readonly #rounds: Rounds;

  constructor(
    private readonly postgres: Postgres,
    /** After how many days away a gatekeeper's users need a look. */
    private readonly firstLookDays: (gatekeeper: string) => number | undefined,
    /** A user who was about to lapse is back. */
    private readonly onReturn: () => void,
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#rounds = new Rounds({
      clock,
      everyMs: limits.connectDaysFlushMs.value,
      work: () => this.#flush(),
      onFailure: (err) =>
        logger.warn({ err }, 'last connections could not be written; the next round tries again'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Writes what waits. Never throws: what cannot be written now is forgotten. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#flush().catch((err: unknown) => {
      this.logger.warn({ err }, 'last connections could not be written before the end');
    });
  }

  note({ deviceId, gatekeeper, at }: Connected): void {
    const day = dayOf(at);
    const sessionKey = sessionKeyOf(deviceId, gatekeeper);
    if (this.#known.has(`${sessionKey} ${day}`)) return;
    if (this.#waiting.size >= limits.connectDaysItems.value) return this.#rounds.kick();
    const later = this.#waiting.get(sessionKey);
    if (later !== undefined && later.day >= day) return;
    const firstLook = this.firstLookDays(gatekeeper);
    if (firstLook === undefined) return;
    const dueOn = plusDays(day, firstLook);
    this.#waiting.set(sessionKey, { deviceId, gatekeeper, day, dueOn });
  }

  async #flush(): Promise<boolean> {
    const batch = [...this.#waiting].slice(0, limits.sweepBatchItems.value);
    if (batch.length === 0) return false;
    const returned = await noteConnects(
      this.postgres,
      batch.map(([, connect]) => connect),
    );
    if (this.#known.size > limits.connectDaysItems.value) this.#known.clear();
    for (const [sessionKey, connect] of batch) {
      this.#known.add(`${sessionKey} ${connect.day}`);
      if (this.#waiting.get(sessionKey) === connect) this.#waiting.delete(sessionKey);
    }
    if (returned) this.onReturn();
    return this.#waiting.size > 0;
  }
}
