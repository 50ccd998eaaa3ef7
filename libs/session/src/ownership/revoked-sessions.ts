import { splitSessionKey } from '@causeway/contracts/ids';
import type { Revoked } from '@causeway/coordination';
import type { SessionRegistry } from '../sessions/session-registry.js';
import type { UpstreamSession } from '../sessions/upstream-session.js';
import type { Openings } from './openings.js';

/** Sessions whose rights are read at the same time. */
const AT_ONCE = 20;

/**
 * Closes the sessions of devices that may not have them any more, whatever the events say: those may come late. One that
 * is to be deleted keeps none but the login for it.
 * @throws {PostgresError} when rights cannot be read; the same is then given again
 */
export async function closeRevoked(
  registry: SessionRegistry,
  openings: Pick<Openings, 'reasonOf'>,
  deviceIds: Revoked['deviceIds'],
): Promise<void> {
  const devices = deviceIds === 'all' ? undefined : new Set(deviceIds);
  const sessions = registry
    .all()
    .filter(({ opened }) => devices?.has(splitSessionKey(opened.sessionKey).deviceId) ?? true);
  for (let start = 0; start < sessions.length; start += AT_ONCE) {
    await Promise.all(sessions.slice(start, start + AT_ONCE).map((session) => close(session, openings)));
  }
}

async function close(session: UpstreamSession, openings: Pick<Openings, 'reasonOf'>): Promise<void> {
  const { sessionKey, reason } = session.opened;
  const allowed = (await openings.reasonOf(sessionKey))?.reason;
  const fits = allowed === 'deletion' ? reason === 'deletion' : allowed !== undefined;
  if (!fits) session.close('rights_revoked');
}
