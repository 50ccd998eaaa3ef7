import { accountsErrors, type OptInRequest } from '@causeway/contracts/accounts';
import type { IdentifierKind } from '@causeway/identifiers';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import { identifierContext, type Identifiers } from './identifiers.store.js';
import { provenByToken, type ProvenIdentifier, type ProvingCaller } from './proof.js';

/** Which identifier is proven for a user: by her access token, or by what the provider's backend has asserted. */
export class Proofs {
  constructor(
    private readonly users: Users,
    private readonly identifiers: Identifiers,
  ) {}

  /**
   * @param accepted the kinds that the gatekeeper's profile allows
   * @throws {AppError} `identifier_not_proven`
   */
  async of(
    caller: ProvingCaller,
    userId: string,
    wanted: OptInRequest['identifierKind'],
    accepted: readonly IdentifierKind[],
  ): Promise<ProvenIdentifier> {
    if (!accepted.includes(wanted)) throw refusal(accountsErrors.identifier_not_proven);
    const proven = provenByToken(caller, wanted) ?? (await this.#asserted(userId, wanted));
    if (proven === undefined) throw refusal(accountsErrors.identifier_not_proven);
    return proven;
  }

  async #asserted(userId: string, kind: IdentifierKind): Promise<ProvenIdentifier | undefined> {
    const found = await this.identifiers.findAsserted(userId, kind);
    const user = found && (await this.users.get(userId));
    if (user === undefined || found === undefined) return undefined;
    using seal = await this.users.seal(user);
    const value = seal.open(identifierContext(found.id), found.sealed);
    return { kind, value, method: found.method, provenAt: found.provenAt };
  }
}
