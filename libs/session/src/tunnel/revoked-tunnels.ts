import type { Revoked } from '@causeway/coordination';
import type { SqlExecutor } from '@causeway/postgres';
import type { Tunnel } from './tunnel.js';
import type { TunnelRegistry } from './tunnel-registry.js';
import { tunnelRightOf } from './tunnel-rights.js';

/** Tunnels whose rights are read at the same time. */
const AT_ONCE = 20;

/**
 * Closes the tunnels of devices that may not have them any more, whatever the events say: those may come late. Whoever may
 * only leave now comes again for that.
 * @throws {PostgresError} when rights cannot be read; the same is then given again
 */
export async function closeRevokedTunnels(
  registry: TunnelRegistry,
  postgres: SqlExecutor,
  deviceIds: Revoked['deviceIds'],
): Promise<void> {
  const devices = deviceIds === 'all' ? undefined : new Set(deviceIds);
  const tunnels = registry.all().filter(({ owner }) => devices?.has(owner.deviceId) ?? true);
  for (let start = 0; start < tunnels.length; start += AT_ONCE) {
    await Promise.all(
      tunnels.slice(start, start + AT_ONCE).map((tunnel) => closeUnlessAllowed(tunnel, postgres)),
    );
  }
}

/** @returns whether it may stay open. Throws PostgresError. */
export async function closeUnlessAllowed(tunnel: Tunnel, postgres: SqlExecutor): Promise<boolean> {
  const { deviceId, gatekeeper, purpose } = tunnel.owner;
  const right = await tunnelRightOf(postgres, deviceId, gatekeeper);
  if (right?.purpose === purpose) return true;
  tunnel.close('rightsRevoked');
  return false;
}
