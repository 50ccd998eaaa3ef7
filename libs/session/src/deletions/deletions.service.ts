import { splitSessionKey } from '@causeway/contracts/ids';
import { sessionErrors, type DeletionRequest } from '@causeway/contracts/session';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import { CommandQueue } from '../sessions/command-queue.js';
import { Login } from '../sessions/login.js';
import type { Command } from '../sessions/ports.js';
import type { SessionDependencies } from '../sessions/upstream-session.js';

/**
 * Asks gatekeepers to delete accounts whose devices take no part, only where the profile says `deletionWithoutDevice`.
 * Accounts mints the token for it while the user is leaving, and for nobody else. The login ends with the answer.
 */
export class Deletions {
  readonly #running = new Set<string>();

  constructor(
    private readonly profiles: ReadonlyMap<string, Pick<GatekeeperProfile, 'deletionWithoutDevice'>>,
    private readonly deps: SessionDependencies,
  ) {}

  /** @returns `deleted`, or the code of what stood in the way. Never throws for what the gatekeeper does. */
  async delete({ sessionKey, userId }: DeletionRequest): Promise<string> {
    const { deviceId, gatekeeper } = splitSessionKey(sessionKey);
    if (this.profiles.get(gatekeeper)?.deletionWithoutDevice !== true) return 'deletion_needs_device';
    if (this.#running.has(sessionKey)) return 'under_way';
    if (this.#running.size >= limits.deletionsAtOnce.value) return sessionErrors.session_limit_reached.code;
    this.#running.add(sessionKey);
    try {
      const reason = 'deletion';
      const open = { type: 'open', sessionKey, gatekeeper, userId, deviceId, epoch: 0, reason } as const;
      return await this.#logIn(open);
    } finally {
      this.#running.delete(sessionKey);
    }
  }

  async #logIn(open: Command<'open'>): Promise<string> {
    const { events, metrics, clock, admission } = this.deps;
    const { sessionKey, gatekeeper, epoch } = open;
    const admitted = await admission.request(gatekeeper).admitted;
    if (!admitted) return sessionErrors.session_limit_reached.code;
    const nobody = new CommandQueue(events, metrics, clock, { sessionKey, gatekeeper, epoch });
    const { code } = await new Login(open, this.deps, nobody).run();
    return code;
  }
}
