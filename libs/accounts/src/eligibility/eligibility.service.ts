import { accountsErrors } from '@causeway/contracts/accounts';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Postgres, SqlExecutor } from '@causeway/postgres';
import type { GatekeeperProfile } from '@causeway/profiles';
import type { Counter } from '@causeway/telemetry';
import { recordAudit } from '../audit/audit-log.store.js';
import { findLive } from '../opt-ins/opt-ins.store.js';
import { nextState, type OptInStep } from '../opt-ins/state-machine.js';
import { takeStep } from '../opt-ins/transitions.js';
import { refusal } from '../refusal.js';
import type { UserRecord, Users } from '../users/users.store.js';
import { isInside } from './eea.js';
import { see, standingOf, type Standing } from './presence.js';
import { findOverdue, findWhereabouts, markSuspended, saveWhereabouts } from './whereabouts.store.js';

const DAY_MS = 86_400_000;

type RegionalProfile = Pick<GatekeeperProfile, 'id' | 'region' | 'regionPolicy'>;

/** In which country a user was seen. */
export interface Observation {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** Milliseconds since 1970; what lies in the future counts as now. */
  readonly at: number;
  readonly source: 'provider' | 'proxy';
}

export interface EligibilityParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly profiles: readonly RegionalProfile[];
  readonly clock: Clock;
  /** Tells whoever lets devices send that rights were taken. */
  readonly tellRevoked: () => Promise<void>;
  /** Decisions, by gatekeeper and outcome. */
  readonly decisions: Counter;
}

/** Holds what is known of users' countries against the region policy of each gatekeeper's profile. */
export class Eligibility {
  readonly #regional: readonly RegionalProfile[];

  constructor(private readonly parts: EligibilityParts) {
    this.#regional = parts.profiles.filter(({ region }) => region !== 'any');
  }

  /** @throws {AppError} `region_unproven`, `region_not_eligible` when the user may not opt in now */
  async demand(userId: string, { id, region, regionPolicy }: RegionalProfile): Promise<void> {
    if (region === 'any') return;
    const { postgres, clock, decisions } = this.parts;
    const known = await findWhereabouts(postgres, userId, id);
    const standing = standingOf(known?.presence, regionPolicy, clock.now());
    if (standing === 'present' || (standing === 'away' && known?.presence.inside === true)) return;
    decisions.inc({ gatekeeper: id, outcome: 'refused' });
    throw refusal(
      standing === 'unknown' ? accountsErrors.region_unproven : accountsErrors.region_not_eligible,
    );
  }

  /** Takes in where a user was seen, and lets her in again or suspends her by it. */
  async observe(userId: string, observation: Observation): Promise<void> {
    for (const profile of this.#regional) {
      if (await this.#isNews(userId, profile, observation)) await this.#judge(userId, profile, observation);
    }
  }

  /** Suspends users who are away for longer than is tolerated. @returns whether more are waiting */
  async sweep(): Promise<boolean> {
    const { postgres, clock } = this.parts;
    const items = limits.eligibilitySweepItems.value;
    let more = false;
    for (const profile of this.#regional) {
      const before = clock.now() - profile.regionPolicy.absenceDays * DAY_MS;
      const overdue = await findOverdue(postgres, profile.id, before, items);
      for (const userId of overdue) await this.#judge(userId, profile);
      more ||= overdue.length === items;
    }
    return more;
  }

  /** A sight in the same country on the same day says nothing new, and costs no write. */
  async #isNews(userId: string, { id }: RegionalProfile, { country, at }: Observation): Promise<boolean> {
    const known = await findWhereabouts(this.parts.postgres, userId, id);
    if (known === undefined || known.country !== country) return true;
    return Math.floor(at / DAY_MS) !== Math.floor(known.presence.observedAt / DAY_MS);
  }

  async #judge(userId: string, profile: RegionalProfile, observation?: Observation): Promise<void> {
    const { users, clock, tellRevoked } = this.parts;
    const now = clock.now();
    const suspended = await users.change(userId, async (tx, user) => {
      if (user.state === 'erased') return false;
      const { id, region, regionPolicy } = profile;
      const known = await findWhereabouts(tx, userId, id);
      let presence = known?.presence;
      if (observation !== undefined) {
        const { country, source } = observation;
        const sight = { inside: isInside(region, country), at: Math.min(observation.at, now) };
        const next = see(presence, sight, regionPolicy);
        if (next !== presence) await saveWhereabouts(tx, userId, id, { presence: next, country, source });
        presence = next;
      }
      const standing = standingOf(presence, regionPolicy, now);
      return this.#apply(tx, user, profile.id, standing, known?.suspended ?? false);
    });
    if (suspended === true) await tellRevoked();
  }

  /** @returns whether rights were taken */
  async #apply(
    tx: SqlExecutor,
    user: UserRecord,
    gatekeeper: string,
    standing: Standing,
    suspended: boolean,
  ): Promise<boolean> {
    const step: OptInStep | undefined =
      standing === 'gone' && !suspended
        ? 'suspend'
        : standing === 'present' && suspended && user.state === 'active'
          ? 'reinstate'
          : undefined;
    const optIn = step && (await findLive(tx, user.id, gatekeeper));
    if (step === undefined || optIn === undefined || nextState(optIn.state, step) === undefined) return false;
    await takeStep(tx, optIn, step);
    await markSuspended(tx, user.id, gatekeeper, step === 'suspend');
    const action = step === 'suspend' ? 'opt_in.suspended' : 'opt_in.reinstated';
    await recordAudit(tx, { userId: user.id, actor: 'system', action, reason: 'region' });
    this.parts.decisions.inc({ gatekeeper, outcome: step === 'suspend' ? 'suspended' : 'reinstated' });
    return step === 'suspend';
  }
}
