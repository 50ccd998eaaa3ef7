import { accountsErrors } from '@causeway/contracts/accounts';
import type { GatekeeperProfile } from '@causeway/profiles';
import { EnlistmentClient } from './enlistment/enlistment.client.js';
import { refusal } from './refusal.js';

/** A gatekeeper that is served: what it is, and the way to its enlistment. */
export interface Gatekeeper {
  readonly profile: GatekeeperProfile;
  readonly enlistment: EnlistmentClient;
}

/** The gatekeepers of the profiles in use. */
export class Gatekeepers {
  readonly #all: ReadonlyMap<string, Gatekeeper>;

  /** @param ca authorities of their certificates, asked for each new connection */
  constructor(profiles: ReadonlyMap<string, GatekeeperProfile>, ca?: () => string | undefined) {
    const trust = ca === undefined ? {} : { ca };
    this.#all = new Map(
      [...profiles].map(([id, profile]) => [
        id,
        { profile, enlistment: new EnlistmentClient(profile, trust) },
      ]),
    );
  }

  /** Ids of all of them. */
  get names(): readonly string[] {
    return [...this.#all.keys()];
  }

  /** @throws {AppError} `gatekeeper_unknown` */
  get(id: string): Gatekeeper {
    const gatekeeper = this.#all.get(id);
    if (gatekeeper === undefined) throw refusal(accountsErrors.gatekeeper_unknown);
    return gatekeeper;
  }

  profiles(): readonly GatekeeperProfile[] {
    return [...this.#all.values()].map(({ profile }) => profile);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all.values()].map(({ enlistment }) => enlistment.close()));
  }
}
