import type { DeviceId, GatekeeperId } from '@causeway/contracts/ids';

/** What wakes a device: it says which device and how soon, and nothing of who wrote or what. */
export interface Wake {
  readonly deviceId: DeviceId;
  readonly gatekeeper: GatekeeperId;
  /** Somebody waits for it; without, the device need not be woken from its sleep at once. */
  readonly urgent: boolean;
}

/** A way to sleeping devices. */
export interface WakePort {
  /** Asks for a device to be woken. @throws {WakeFailed} */
  wake(wake: Wake): Promise<void>;
}

/** A wake could not be handed over; trying again can help. */
export class WakeFailed extends Error {
  override readonly name = 'WakeFailed';
  readonly code = 'wake_failed';

  constructor(options?: ErrorOptions) {
    super('wake_failed', options);
  }
}
