import type { AccountEvent } from '@causeway/contracts/accounts';
import { sessionKeyOf } from '@causeway/contracts/ids';
import type { KeysEvent } from '@causeway/contracts/keys';
import type { Coordination } from '@causeway/coordination';
import { deviceChannel } from '../delivery/doorbell.js';
import type { DurableMailbox } from '../mailbox/durable-mailbox.js';
import type { Submissions } from '../submissions/submissions.js';
import { encodeDeviceSignal } from './device-signal.js';

/** Makes changes of opt-ins and keys felt: the pod with the device's socket acts, and what a leaver left is erased. */
export class AccountConsumer {
  constructor(
    private readonly coordination: Coordination,
    private readonly durable: DurableMailbox,
    private readonly submissions: Submissions,
  ) {}

  async account(event: AccountEvent): Promise<void> {
    if (event.type === 'opt-in.withdrawn' || event.type === 'opt-in.lapsed') {
      const sessionKey = sessionKeyOf(event.deviceId, event.gatekeeper);
      await this.durable.erase(sessionKey);
      await this.submissions.erase(sessionKey);
    }
    if (event.type === 'opt-in.moved') {
      const { deviceId, gatekeeper } = event;
      return this.#signal({ type: 'moved', deviceId, gatekeeper });
    }
    if (event.type === 'user.erased' || event.type === 'device.registered') return;
    await this.#signal({ type: 'refresh', deviceId: event.deviceId });
  }

  async keys(event: KeysEvent): Promise<void> {
    if (event.type !== 'prekeys.low') return;
    const { deviceId, gatekeeper, available } = event;
    await this.#signal({ type: 'prekeys-low', deviceId, gatekeeper, available });
  }

  #signal(signal: Parameters<typeof encodeDeviceSignal>[0]): Promise<void> {
    return this.coordination.signals.publish(deviceChannel, encodeDeviceSignal(signal));
  }
}
