import { randomUUID } from 'node:crypto';
import { accountsErrors } from '@causeway/contracts/accounts';
import { DeviceId, UserId } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import type { Caller } from '@causeway/http';
import { limits, rateLimits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { announce } from '../outbox.js';
import { takeFrom } from '../rates.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import { ownDevice } from './device-owner.js';
import { insertDevice, listDevices, markRemoved, type DeviceRecord } from './devices.store.js';

/** Installations of the provider's app, each of one user. */
export class Devices {
  constructor(
    private readonly postgres: Postgres,
    private readonly users: Users,
    private readonly optIns: OptIns,
    private readonly coordination: Pick<Coordination, 'rates'>,
  ) {}

  /**
   * Registers a device of the caller, who becomes a user with her first one.
   * @throws {AppError} `device_limit_reached`, `rate_limited`
   */
  async register(caller: Caller, name?: string): Promise<{ deviceId: DeviceId; userId: UserId }> {
    const userId = UserId.parse(await this.users.findOrCreate(caller.subjectHash));
    await takeFrom(this.coordination, rateLimits.deviceRegistration, userId);
    const deviceId = DeviceId.parse(randomUUID());
    await this.users.change(userId, async (tx) => {
      const devices = await listDevices(tx, userId);
      if (devices.length >= limits.devicesPerUser.value) throw refusal(accountsErrors.device_limit_reached);
      await insertDevice(tx, { id: deviceId, userId, name });
      await announce(tx, { type: 'device.registered', userId, deviceId });
    });
    return { deviceId, userId };
  }

  async list(caller: Caller): Promise<readonly DeviceRecord[]> {
    const userId = await this.users.find(caller.subjectHash);
    return userId === undefined ? [] : listDevices(this.postgres, userId);
  }

  /**
   * Removes a device of the caller. What it had opted in to is withdrawn with it.
   * @throws {AppError} `device_unknown`
   */
  async remove(caller: Caller, deviceId: DeviceId): Promise<void> {
    const device = await ownDevice(this.postgres, caller, deviceId);
    const userId = UserId.parse(device.userId);
    await this.users.change(userId, async (tx) => {
      await this.optIns.withdrawAllOf(tx, deviceId);
      if (await markRemoved(tx, deviceId)) await announce(tx, { type: 'device.removed', userId, deviceId });
    });
    await this.optIns.tellRevoked();
  }
}
