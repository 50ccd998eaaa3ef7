import { DeviceId, GatekeeperId, sessionKeyOf, UserId } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Postgres, SqlExecutor } from '@causeway/postgres';
import { Rounds } from '@causeway/sweeper';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { Gatekeepers } from '../gatekeepers.js';
import { findOptInById, type OptInRecord } from '../opt-ins/opt-ins.store.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { takeStep } from '../opt-ins/transitions.js';
import { requestWake } from '../outbox.js';
import type { Users } from '../users/users.store.js';
import { findDue, readClock, setClock, touch, type ClockReading, type DueOptIn } from './clock.store.js';
import { dayOf, daysBetween, plusDays } from './days.js';
import { decide, firstLookDays, type Decision, type InactivityRule } from './decision.js';
import type { DeletionSource } from './deletions.client.js';
import { createDeletionGauges } from './deletion-gauges.js';

export interface InactivityParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly gatekeepers: Gatekeepers;
  readonly coordination: Pick<Coordination, 'presence'>;
  readonly optIns: Pick<OptIns, 'tellRevoked'>;
  readonly deletions: DeletionSource;
  /** Days away after which a user is reminded, ascending. */
  readonly reminderDays: readonly number[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What the clock did, as its metric says; `connected`: the device is there, only its connection began long ago. */
type Outcome = Decision['action'] | 'connected' | 'elsewhere';

/**
 * The clock of those who do not connect: reminds them, lapses them when the gatekeeper has removed them, and keeps asking
 * for deletions. Several pods may sweep: what one has looked at is not due for the other.
 */
export class InactivitySweeper {
  readonly #rounds: Rounds;
  readonly #looks;
  readonly #gauges;

  constructor(private readonly parts: InactivityParts) {
    const { clock, logger, metrics } = parts;
    const help = 'Opt-ins at which the clock of those who do not connect has looked, by what it did';
    this.#looks = metrics.counter('inactivity_looks_total', help, ['gatekeeper', 'outcome']);
    this.#gauges = createDeletionGauges(metrics);
    this.#rounds = new Rounds({
      clock,
      everyMs: limits.inactivitySweepMs.value,
      jitter: 0.2,
      work: () => this.sweep(),
      onFailure: (err) => logger.warn({ err }, 'the inactivity sweep failed; the next round tries again'),
    });
  }

  /** @returns after how many days away a gatekeeper's users need a look; undefined when it is not served */
  firstLookDays(gatekeeper: string): number | undefined {
    if (!this.parts.gatekeepers.names.includes(gatekeeper)) return undefined;
    return firstLookDays(this.#ruleOf(gatekeeper));
  }

  start(): void {
    this.#rounds.start();
  }

  /** Looks now. */
  kick(): void {
    this.#rounds.kick();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Looks at what is due. @returns whether there may be more */
  async sweep(): Promise<boolean> {
    const { postgres, gatekeepers, clock, logger } = this.parts;
    await this.#gauges.read(postgres, gatekeepers.names, clock.now());
    const today = dayOf(clock.now());
    const due = await findDue(postgres, today, gatekeepers.names, limits.inactivitySweepItems.value);
    let failed = 0;
    for (const optIn of due) {
      try {
        const outcome = await this.#look(optIn, today);
        this.#looks.inc({ gatekeeper: optIn.gatekeeper, outcome });
      } catch (err) {
        failed += 1;
        logger.warn({ err, optInId: optIn.optInId }, 'the inactivity clock could not look at an opt-in');
      }
    }
    // What failed is still due: going on at once would find it again.
    return failed === 0 && due.length === limits.inactivitySweepItems.value;
  }

  async #look(due: DueOptIn, today: string): Promise<Outcome> {
    const { users, coordination, optIns } = this.parts;
    const sessionKey = sessionKeyOf(DeviceId.parse(due.deviceId), GatekeeperId.parse(due.gatekeeper));
    const isHere = (await coordination.presence.get(sessionKey)) !== undefined;
    const outcome = await users.change(due.userId, async (tx) => {
      const optIn = await findOptInById(tx, due.optInId);
      const reading = await readClock(tx, due.optInId, today);
      if (optIn === undefined || reading === undefined) return 'elsewhere';
      const live = optIn.state === 'enlisted' || optIn.state === 'lapsing';
      return isHere && live ? this.#connected(tx, optIn, today) : this.#act(tx, optIn, reading, today);
    });
    if (outcome === 'lapse') await optIns.tellRevoked();
    if (outcome === 'ask' && this.parts.gatekeepers.get(due.gatekeeper).profile.deletionWithoutDevice) {
      await this.parts.deletions.request(sessionKey, UserId.parse(due.userId));
    }
    return outcome ?? 'elsewhere';
  }

  async #connected(tx: SqlExecutor, optIn: OptInRecord, today: string): Promise<Outcome> {
    await touch(tx, optIn.id, today, plusDays(today, firstLookDays(this.#ruleOf(optIn.gatekeeper))));
    if (optIn.state === 'lapsing') await takeStep(tx, optIn, 'active');
    return 'connected';
  }

  async #act(tx: SqlExecutor, optIn: OptInRecord, reading: ClockReading, today: string): Promise<Outcome> {
    const daysAway = daysBetween(reading.awaySince, today);
    const rule = this.#ruleOf(optIn.gatekeeper);
    const { action, reminders, againInDays } = decide(optIn.state, daysAway, reading.reminders, rule);
    const again = againInDays === undefined ? undefined : plusDays(today, againInDays);
    await setClock(tx, optIn.id, reminders, again);
    if (action === 'active') await takeStep(tx, optIn, 'active', 'system');
    if (action === 'remind' && optIn.state === 'enlisted') await takeStep(tx, optIn, 'idle');
    if (action === 'lapse') await takeStep(tx, optIn, 'expired', 'system');
    // Also whoever has just lapsed, so that her app can offer to enlist again; a suspended user has nothing to do.
    const wakes =
      action === 'remind' || action === 'ask' || (action === 'lapse' && optIn.state !== 'suspended');
    if (wakes && reading.hasDevice) await requestWake(tx, optIn, this.parts.clock.now());
    return action;
  }

  #ruleOf(gatekeeper: string): InactivityRule {
    const { gatekeepers, reminderDays } = this.parts;
    return { inactivityDays: gatekeepers.get(gatekeeper).profile.inactivityDays, reminderDays };
  }
}
