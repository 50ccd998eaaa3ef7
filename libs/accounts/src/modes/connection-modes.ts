import { accountsErrors, type ConnectionMode, type UserMode } from '@causeway/contracts/accounts';
import type { Clock } from '@causeway/lifecycle';
import type { Postgres } from '@causeway/postgres';
import type { Gatekeepers } from '../gatekeepers.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import { changeMode } from './change-mode.js';
import { findModeChoice } from './mode-choices.store.js';

export interface ConnectionModeParts {
  readonly postgres: Postgres;
  readonly users: Pick<Users, 'get'>;
  readonly gatekeepers: Gatekeepers;
  readonly optIns: Pick<OptIns, 'tellRevoked'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** In which mode each user connects to a gatekeeper: the profile's, unless the provider has chosen another for her. */
export class ConnectionModes {
  constructor(private readonly parts: ConnectionModeParts) {}

  /** @throws {AppError} `user_unknown`, `gatekeeper_unknown` */
  async get(userId: string, gatekeeper: string): Promise<UserMode> {
    const { postgres, users, gatekeepers } = this.parts;
    const { profile } = gatekeepers.get(gatekeeper);
    const user = await users.get(userId);
    if (user === undefined || user.state === 'erased') throw refusal(accountsErrors.user_unknown);
    const chosen = await findModeChoice(postgres, userId, gatekeeper);
    return { mode: chosen ?? profile.mode, chosen: chosen !== undefined };
  }

  /**
   * Choosing the same again changes nothing.
   * @param mode undefined goes back to the profile's
   * @param client of the provider's backend
   * @throws {AppError} `user_unknown`, `gatekeeper_unknown`, `erasure_running`, `connection_mode_busy`
   */
  async set(
    userId: string,
    gatekeeper: string,
    mode: ConnectionMode | undefined,
    client: string,
  ): Promise<UserMode> {
    const { postgres, gatekeepers, optIns, clock } = this.parts;
    gatekeepers.get(gatekeeper);
    const by = { actor: 'provider', client } as const;
    const change = { userId, gatekeeper, mode, by, now: clock.now() };
    const changed = await postgres.transaction((tx) => changeMode(tx, change));
    if (changed) await optIns.tellRevoked();
    return this.get(userId, gatekeeper);
  }
}
