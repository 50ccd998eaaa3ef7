import { accountsErrors } from '@causeway/contracts/accounts';
import { sql, type SqlExecutor } from '@causeway/postgres';
import { recordAudit } from '../audit/audit-log.store.js';
import { findLiveOfUser } from '../opt-ins/opt-ins.store.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { nextState, type OptInStep } from '../opt-ins/state-machine.js';
import { takeStep } from '../opt-ins/transitions.js';
import { findErasure } from '../personal-data/erasures.store.js';
import { refusal } from '../refusal.js';
import type { UserRecord, Users } from './users.store.js';

/** Who suspends or reinstates: a client of the provider's backend. */
export interface SuspendedBy {
  readonly client: string;
  readonly reason?: string;
}

/** Bars users and lets them in again, at every gatekeeper; a suspended user can still leave. */
export class Suspensions {
  constructor(
    private readonly users: Users,
    private readonly optIns: Pick<OptIns, 'tellRevoked'>,
  ) {}

  /** Suspending again changes nothing. @throws {AppError} `user_unknown`, `erasure_running` */
  async suspend(userId: string, by: SuspendedBy): Promise<void> {
    await this.#change(userId, 'suspended', by, async (tx) => takeAll(tx, userId, 'suspend'));
    await this.optIns.tellRevoked();
  }

  /**
   * Whoever is away from a gatekeeper's region stays suspended there.
   * @throws {AppError} as `suspend`
   */
  async reinstate(userId: string, by: SuspendedBy): Promise<void> {
    await this.#change(userId, 'active', by, async (tx) => {
      const rows = await tx.query<{ gatekeeper: string }>(sql`
        select gatekeeper from accounts.whereabouts where user_id = ${userId}::uuid and suspended_at is not null`);
      await takeAll(tx, userId, 'reinstate', new Set(rows.map(({ gatekeeper }) => gatekeeper)));
    });
  }

  async #change(
    userId: string,
    state: UserRecord['state'],
    by: SuspendedBy,
    change: (tx: SqlExecutor) => Promise<void>,
  ): Promise<void> {
    const known = await this.users.change(userId, async (tx, user) => {
      if (user.state === 'erased') throw refusal(accountsErrors.user_unknown);
      if ((await findErasure(tx, userId)) !== undefined) throw refusal(accountsErrors.erasure_running);
      if (user.state === state) return true;
      await tx.query(sql`update accounts.users set state = ${state} where id = ${userId}::uuid`);
      await change(tx);
      const action = state === 'suspended' ? 'user.suspended' : 'user.reinstated';
      await recordAudit(tx, { userId, actor: 'provider', ...by, action });
      return true;
    });
    if (known === undefined) throw refusal(accountsErrors.user_unknown);
  }
}

async function takeAll(
  tx: SqlExecutor,
  userId: string,
  step: OptInStep,
  except: ReadonlySet<string> = new Set(),
): Promise<void> {
  for (const optIn of await findLiveOfUser(tx, userId)) {
    const allowed = nextState(optIn.state, step) !== undefined && !except.has(optIn.gatekeeper);
    if (allowed) await takeStep(tx, optIn, step);
  }
}
