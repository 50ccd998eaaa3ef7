import type { GatekeeperId } from '@causeway/contracts/ids';
import type { Postgres } from '@causeway/postgres';
import { findOptIn } from '@causeway/store/directory';

/**
 * What a device may do at a gatekeeper: nothing, exchange messages, or only ask for its deletion; `elsewhere`: it speaks
 * the gatekeeper's protocol itself, and nothing of it goes through here.
 */
export type Standing = 'none' | 'enlisted' | 'leaving' | 'elsewhere';

/** The shared opt-in store, as fanout reads it. */
export class OptIns {
  constructor(
    private readonly postgres: Postgres,
    /** The gatekeepers whose profiles are loaded. */
    readonly gatekeepers: readonly GatekeeperId[],
  ) {}

  /** @returns how a device stands with a gatekeeper, now. */
  async standing(deviceId: string, gatekeeper: string): Promise<Standing> {
    const optIn = await findOptIn(this.postgres, deviceId, gatekeeper);
    if (optIn === undefined) return 'none';
    if (optIn.mode !== 'proxy') return 'elsewhere';
    if (optIn.optInState === 'deleting') return 'leaving';
    const live = optIn.optInState === 'enlisted' || optIn.optInState === 'lapsing';
    return live && optIn.userState === 'active' ? 'enlisted' : 'none';
  }
}
