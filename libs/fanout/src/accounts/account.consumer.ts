import type { AccountEvent } from '@causeway/contracts/accounts';
import { sessionKeyOf } from '@causeway/contracts/ids';
import type { KeysEvent } from '@causeway/contracts/keys';
import type { Coordination } from '@causeway/coordination';
import { deviceChannel } from '../delivery/doorbell.js';
import type { Wakes } from '../push/open-wakes.js';
import type { DurableMailbox } from '../mailbox/durable-mailbox.js';
import type { Submissions } from '../submissions/submissions.js';
import { encodeDeviceSignal } from './device-signal.js';

/** What changes of accounts do to wakes. */
export interface AccountWakes extends Pick<Wakes, 'store' | 'registrations'> {
  readonly dispatch: Pick<Wakes['dispatch'], 'kick'>;
}

/** Makes changes of opt-ins and keys felt: the pod with the device's socket acts, and what a leaver left is erased. */
export class AccountConsumer {
  constructor(
    private readonly coordination: Coordination,
    private readonly durable: DurableMailbox,
    private readonly submissions: Submissions,
    private readonly wakes: AccountWakes,
  ) {}

  /** @param at when it happened, milliseconds since 1970 */
  async account(event: AccountEvent, at: number): Promise<void> {
    await this.#wakesOf(event, at);
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

  /** What only the device itself can put right wakes it, without haste; who is gone is woken no more. */
  async #wakesOf(event: AccountEvent, at: number): Promise<void> {
    const { store, registrations, dispatch } = this.wakes;
    if (event.type === 'user.erased') {
      await registrations.eraseUser(event.userId);
      await store.eraseUser(event.userId);
    }
    if (event.type === 'device.removed') {
      await registrations.eraseDevice(event.deviceId);
      await store.eraseDevice(event.deviceId);
    }
    // A device that connects keeps its enlistment, or asks for its deletion.
    if (event.type === 'opt-in.lapsing' || event.type === 'opt-in.withdrawn') {
      const { userId, deviceId, gatekeeper } = event;
      await store.request({ userId, deviceId, gatekeeper, urgent: false, requestedAt: at });
      dispatch.kick();
    }
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
