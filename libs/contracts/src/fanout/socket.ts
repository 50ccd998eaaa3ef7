import { z } from 'zod';
import { DeviceId } from '../ids/index.js';

/** Devices connect here by WebSocket, with `Authorization: Bearer <access token>` and their device id. */
export const SOCKET_PATH = '/v1/socket';
export const SocketQuery = z.object({ device: DeviceId });

/** WebSocket close codes: what a device should do next. */
export const socketCloseCodes = {
  /** Server is draining: connect again at once, to another pod. */
  serviceRestart: 1012,
  /** The frame was not understood; connecting again does not help. */
  badFrame: 4400,
  /** The access token has expired or is not good for this device. */
  unauthorized: 4401,
  /** Another connection of the same device took over. */
  replaced: 4409,
  /** The device did not read or did not acknowledge fast enough. */
  tooSlow: 4429,
} as const;
