import { accountsErrors } from '@causeway/contracts/accounts';
import type { Logger } from '@causeway/telemetry';
import { recordAudit } from '../audit/audit-log.store.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import { forgetUnused, markLost, type Identifiers, type OwnedIdentifier } from './identifiers.store.js';
import type { ProvenIdentifier } from './proof.js';

/** Lets identifiers change hands: numbers and addresses are given to other people after a while. */
export class Recycling {
  constructor(
    private readonly users: Users,
    private readonly identifiers: Identifiers,
    private readonly optIns: () => Pick<OptIns, 'withdrawUnder' | 'tellRevoked'>,
    private readonly logger: Logger,
  ) {}

  /**
   * Makes an identifier free for a user for whom it was proven: whoever had it before loses it, is frozen at every
   * gatekeeper under it, and is deleted there. That is a transaction of its own, since no transaction holds two users.
   * @param gatekeeper where it is to be used at once; then nobody may be leaving under it there, also not who just lost it
   * @throws {AppError} `identifier_not_proven` when it was proven for another user as late or later; it does not say so;
   *   `identifier_not_ready`
   */
  async claim(userId: string, proven: ProvenIdentifier, gatekeeper?: string): Promise<void> {
    const { owner, released } = await this.identifiers.look(proven, gatekeeper);
    if (owner === undefined || owner.userId === userId) {
      if (!released) throw refusal(accountsErrors.identifier_not_ready);
      return;
    }
    if (owner.provenAt >= proven.provenAt) throw refusal(accountsErrors.identifier_not_proven);
    await this.#take(owner, proven);
    await this.optIns().tellRevoked();
    this.logger.info({ kind: proven.kind }, 'an identifier has changed hands; its earlier owner is leaving');
    if (gatekeeper !== undefined) await this.demandFree(proven, gatekeeper);
  }

  /** @throws {AppError} `identifier_not_ready` while the gatekeeper has an account of an earlier owner under it */
  async demandFree(proven: ProvenIdentifier, gatekeeper: string): Promise<void> {
    if (await this.identifiers.isBeingReleased(proven, gatekeeper)) {
      throw refusal(accountsErrors.identifier_not_ready);
    }
  }

  async #take({ id, userId }: OwnedIdentifier, proven: ProvenIdentifier): Promise<void> {
    await this.users.change(userId, async (tx) => {
      const now = await this.identifiers.findOwner(proven, tx);
      if (now?.id !== id || now.provenAt >= proven.provenAt) return;
      await this.optIns().withdrawUnder(tx, id);
      await forgetUnused(tx, id);
      await markLost(tx, id);
      await recordAudit(tx, {
        userId,
        actor: 'system',
        action: 'identifier.lost',
        reason: 'proven_for_another_user',
      });
    });
  }
}
