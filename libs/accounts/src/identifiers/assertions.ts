import { accountsErrors, type AssertIdentifierRequest } from '@causeway/contracts/accounts';
import { canonicalIdentifier, type IdentifierKind } from '@causeway/identifiers';
import type { Clock } from '@causeway/lifecycle';
import { sql, type Postgres } from '@causeway/postgres';
import { recordAudit } from '../audit/audit-log.store.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { findErasure } from '../personal-data/erasures.store.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import { ASSERTED, forgetUnused, markLost, type Identifiers } from './identifiers.store.js';
import type { Recycling } from './recycling.js';

export interface AssertionParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly identifiers: Identifiers;
  readonly recycling: Recycling;
  readonly optIns: Pick<OptIns, 'withdrawUnder' | 'tellRevoked'>;
  readonly clock: Clock;
}

/** Identifiers for which the provider's backend vouches, where access tokens do not name them. */
export class Assertions {
  constructor(private readonly parts: AssertionParts) {}

  /**
   * Keeps an identifier for a user; whoever had it before loses it.
   * @throws {AppError} `identifier_invalid`, `identifier_not_proven` when a later proof is another user's,
   *   `identifier_limit_reached`, `user_unknown`, `erasure_running`
   */
  async assert(
    userId: string,
    kind: IdentifierKind,
    { value, method, provenAt }: AssertIdentifierRequest,
    client: string,
  ): Promise<void> {
    const { users, identifiers, recycling, clock } = this.parts;
    const canonical = canonicalIdentifier(value);
    if (canonical?.kind !== kind) throw refusal(accountsErrors.identifier_invalid);
    const at = new Date(Math.min(provenAt, clock.now()));
    const proven = { ...canonical, method: `${ASSERTED}${method}`, provenAt: at };
    await this.#demandUser(userId);
    await recycling.claim(userId, proven);
    await users.change(userId, async (tx, user) => {
      using seal = await users.seal(user);
      await identifiers.keep(tx, userId, seal, proven);
      await recordAudit(tx, {
        userId,
        actor: 'provider',
        client,
        action: 'identifier.asserted',
        reason: kind,
      });
    });
  }

  /**
   * Takes the user's identifiers of a kind from her, and withdraws what she has opted in to under them.
   * @throws {AppError} `identifier_unknown`, `user_unknown`, `erasure_running`
   */
  async takeBack(userId: string, kind: IdentifierKind, client: string): Promise<void> {
    const { users, optIns } = this.parts;
    await this.#demandUser(userId);
    await users.change(userId, async (tx) => {
      const rows = await tx.query<{ id: string }>(sql`
        select id from accounts.identifiers
        where user_id = ${userId}::uuid and kind = ${kind} and removed_at is null and lost_at is null`);
      if (rows.length === 0) throw refusal(accountsErrors.identifier_unknown);
      for (const { id } of rows) {
        await optIns.withdrawUnder(tx, id);
        await forgetUnused(tx, id);
        await markLost(tx, id);
      }
      await recordAudit(tx, {
        userId,
        actor: 'provider',
        client,
        action: 'identifier.taken_back',
        reason: kind,
      });
    });
    await optIns.tellRevoked();
  }

  async #demandUser(userId: string): Promise<void> {
    const { users, postgres } = this.parts;
    const user = await users.get(userId);
    if (user === undefined || user.state === 'erased') throw refusal(accountsErrors.user_unknown);
    if ((await findErasure(postgres, userId)) !== undefined) throw refusal(accountsErrors.erasure_running);
  }
}
