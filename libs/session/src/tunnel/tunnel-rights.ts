import { UserId, type DeviceId, type GatekeeperId } from '@causeway/contracts/ids';
import type { SqlExecutor } from '@causeway/postgres';
import { findOptIn } from '@causeway/store/directory';

/** What a tunnel may be used for; in `deletion` the user has withdrawn, and only asks the gatekeeper to delete. */
export type TunnelPurpose = 'login' | 'deletion';

export interface TunnelRight {
  readonly userId: UserId;
  readonly purpose: TunnelPurpose;
}

/**
 * @returns what a device may tunnel to a gatekeeper for, by the opt-in store of now; undefined when it may not: not in
 * this mode, not enlisted, suspended, or the gatekeeper is stopped. Throws PostgresError.
 */
export async function tunnelRightOf(
  postgres: SqlExecutor,
  deviceId: DeviceId,
  gatekeeper: GatekeeperId,
): Promise<TunnelRight | undefined> {
  const optIn = await findOptIn(postgres, deviceId, gatekeeper);
  if (optIn?.mode !== 'tunnel') return undefined;
  const userId = UserId.parse(optIn.userId);
  const { optInState: state, userState } = optIn;
  if (state === 'deleting') return { userId, purpose: 'deletion' };
  const enlisted = (state === 'enlisted' || state === 'lapsing') && userState === 'active';
  return enlisted ? { userId, purpose: 'login' } : undefined;
}
