import { z } from 'zod';
import { DeviceId, GatekeeperId } from '../ids/index.js';

/**
 * Devices that speak a gatekeeper's protocol themselves connect here by WebSocket, with
 * `Authorization: Bearer <access token>`, their device id and the gatekeeper. Each binary message is carried to the
 * gatekeeper's chat server as it is, and each of its messages back.
 */
export const TUNNEL_PATH = '/tunnel';
export const TunnelQuery = z.object({ device: DeviceId, gatekeeper: GatekeeperId });

/** WebSocket close codes of a tunnel: what the device should do next. */
export const tunnelCloseCodes = {
  /** The gatekeeper closed its connection, for reasons that it gave the device on it. */
  gatekeeperClosed: 1000,
  /** A text message: the wire has binary ones alone. */
  notBinary: 1003,
  /** A message, from either side, was larger than the limit. */
  tooLarge: 1009,
  /** Come again at once: the pod is draining, or the tunnel has lasted as long as one may. */
  comeAgain: 1012,
  /** The access token has expired: get a new one, and come again. */
  unauthorized: 4401,
  /** The user has lost the right to be connected, or may only ask for the deletion now: look at the opt-in. */
  rightsRevoked: 4403,
  /** Nothing came for too long, or pings were not answered. */
  idle: 4408,
  /** Another tunnel of the same device took over. */
  replaced: 4409,
  /** The connection to the gatekeeper broke: come again after a pause. */
  gatekeeperLost: 4410,
  /** A side did not take what waited for it. */
  tooSlow: 4429,
  /** More bytes than a tunnel for a deletion may carry. */
  deletionOnly: 4430,
} as const;
export type TunnelClose = keyof typeof tunnelCloseCodes;
