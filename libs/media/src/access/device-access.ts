import { timingSafeEqual } from 'node:crypto';
import type { Caller } from '@causeway/http';
import type { SqlExecutor } from '@causeway/postgres';
import { enlistedGatekeepers, findDevice, type DirectoryDevice } from '@causeway/store/directory';
import { mediaError } from '../media.errors.js';

/** Whose a device is, and at which gatekeepers it may act. */
export class DeviceAccess {
  constructor(private readonly executor: SqlExecutor) {}

  /** The caller's device. @throws {AppError} `media_device_unknown`, also for the device of somebody else */
  async owned(caller: Caller, deviceId: string): Promise<DirectoryDevice> {
    const device = await findDevice(this.executor, deviceId);
    if (device === undefined || !timingSafeEqual(device.subjectHash, caller.subjectHash)) {
      throw mediaError('media_device_unknown');
    }
    return device;
  }

  /** @throws {AppError} `media_not_enlisted` unless the device may send and receive at the gatekeeper */
  async requireEnlisted(deviceId: string, gatekeeper: string): Promise<void> {
    const enlisted = await enlistedGatekeepers(this.executor, deviceId);
    if (!enlisted.includes(gatekeeper)) throw mediaError('media_not_enlisted');
  }
}
