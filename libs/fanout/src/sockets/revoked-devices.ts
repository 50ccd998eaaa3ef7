import { socketCloseCodes } from '@causeway/contracts/fanout';
import type { Revoked } from '@causeway/coordination';
import type { Logger } from '@causeway/telemetry';
import type { DeviceSocket } from './device-socket.js';
import type { SocketRegistry } from './socket-registry.js';

/** Devices whose rights are read at the same time. */
const AT_ONCE = 20;

/**
 * Makes the sockets of this pod fit the rights that their devices still have. A device whose rights cannot be read now is
 * sent away: it is let in again by its rights alone. Never throws.
 */
export async function applyRevoked(
  registry: SocketRegistry,
  deviceIds: Revoked['deviceIds'],
  logger: Logger,
): Promise<void> {
  const sockets =
    deviceIds === 'all' ? [...registry.all()] : deviceIds.flatMap((id) => registry.get(id) ?? []);
  for (let start = 0; start < sockets.length; start += AT_ONCE) {
    await Promise.all(sockets.slice(start, start + AT_ONCE).map((socket) => apply(socket, logger)));
  }
}

async function apply(socket: DeviceSocket, logger: Logger): Promise<void> {
  try {
    await socket.connections.refresh();
  } catch (error) {
    logger.warn({ err: error }, 'the rights of a device could not be read after a revocation');
    await socket.close(socketCloseCodes.serviceRestart);
  }
}
