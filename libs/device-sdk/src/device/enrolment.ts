import { OptInRequest } from '@causeway/contracts/accounts';
import type { OptInResponse, OptInState } from '@causeway/contracts/accounts';
import type { AccountsClient } from '../api/accounts.js';
import { ApiError } from '../api/errors.js';
import type { Clock } from '../clock.js';
import { enlist, leave } from '../gatekeeper/self-service.js';
import type { ChatSocketParts } from '../gatekeeper/chat-socket.js';
import type { DeviceStore } from '../store/device-store.js';
import type { z } from 'zod';
import { DeviceError } from './errors.js';
import type { KeyPublisher } from './key-publisher.js';
import type { NoiseKey } from './noise-key.js';

const pollEveryMs = 250;

/** The consent, and the kind of identifier to be known by. */
export type OptInConsent = z.input<typeof OptInRequest>;

/** The device's registration with the provider, and the user's opt-in through it. */
export class Enrolment {
  constructor(
    private readonly parts: {
      readonly store: DeviceStore;
      readonly accounts: AccountsClient;
      readonly keys: KeyPublisher;
      readonly noiseKey: NoiseKey;
      readonly gatekeeper: string;
      readonly clock: Clock;
      /** Of a device that connects to the gatekeeper by itself. */
      readonly own?: (deviceId: string) => ChatSocketParts;
    },
  ) {}

  /** @returns the device's id. @throws DeviceError `not_registered` */
  deviceId(): string {
    const id = this.parts.store.meta.text('device_id');
    if (id === undefined) throw new DeviceError('not_registered');
    return id;
  }

  /** Registers the installation; a second call changes nothing. @throws ApiError */
  async register(name?: string): Promise<string> {
    const { store, accounts } = this.parts;
    const known = store.meta.text('device_id');
    if (known !== undefined) return known;
    const { deviceId, userId } = await accounts.register(name);
    store.transaction(() => {
      store.meta.put('user_id', userId);
      store.meta.put('device_id', deviceId);
    });
    return deviceId;
  }

  /**
   * Gives consent and waits until the gatekeeper has enlisted the user.
   * @throws DeviceError `opt_in_refused` with the reason, `opt_in_timeout`; ApiError; ChatError where the device enlists by itself
   */
  async optIn(request: OptInConsent, withinMs: number): Promise<OptInResponse> {
    const { accounts, keys, gatekeeper, noiseKey } = this.parts;
    const deviceId = await this.register();
    const ask = async (more: Partial<OptInConsent> = {}): Promise<OptInResponse> => {
      await keys.publish();
      const consent = { ...this.connection(), ...request, ...more };
      return accounts.optIn(deviceId, gatekeeper, OptInRequest.parse(consent));
    };
    const first = await ask().catch((error: unknown) => {
      // The end of an earlier opt-in can erase its keys in between: they are published anew, once.
      if (error instanceof ApiError && error.code === 'keys_not_published') return ask();
      // At this gatekeeper the device keeps its Noise key.
      const ours = { connection: { mode: 'proxy', noisePublicKey: noiseKey.publicKey() } } as const;
      if (error instanceof ApiError && error.code === 'noise_key_missing') return ask(ours);
      throw error;
    });
    const own = this.parts.own?.(deviceId);
    const begun = own !== undefined && first.state === 'enlisting' ? await enlist(own) : first;
    return this.until(begun, ['enlisted'], withinMs, 'opt_in_timeout');
  }

  /**
   * Withdraws consent and waits until the gatekeeper has confirmed the deletion.
   * @throws DeviceError `opt_out_timeout`; ApiError; ChatError where the device asks by itself
   */
  async optOut(withinMs: number): Promise<OptInResponse> {
    const { accounts, gatekeeper, noiseKey } = this.parts;
    const first = await accounts.optOut(this.deviceId(), gatekeeper);
    const own = this.parts.own?.(this.deviceId());
    const last =
      own !== undefined && first.state === 'deleting'
        ? await leave(own)
        : await this.until(first, ['deleted'], withinMs, 'opt_out_timeout');
    noiseKey.forget();
    return last;
  }

  /** What the opt-in says of a device that connects by itself. */
  private connection(): Partial<OptInConsent> {
    const own = this.parts.own?.(this.deviceId());
    if (own === undefined) return {};
    return { connection: { mode: own.own.mode, noisePublicKey: own.noiseKey.publicKey() } };
  }

  private async until(
    first: OptInResponse,
    wanted: readonly OptInState[],
    withinMs: number,
    late: 'opt_in_timeout' | 'opt_out_timeout',
  ): Promise<OptInResponse> {
    const { accounts, clock, gatekeeper } = this.parts;
    const deadline = clock.now() + withinMs;
    for (let current = first; ; current = await this.poll(accounts, gatekeeper, current)) {
      if (wanted.includes(current.state)) return current;
      const ended = ['suspended', 'lapsed', 'deleted'].includes(current.state);
      if (ended) throw new DeviceError('opt_in_refused', current.lastErrorCode ?? current.state);
      if (clock.now() >= deadline) throw new DeviceError(late, current.lastErrorCode);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, pollEveryMs));
    }
  }

  /** A deletion that is complete may leave nothing to ask about. */
  private async poll(
    accounts: AccountsClient,
    gatekeeper: string,
    last: OptInResponse,
  ): Promise<OptInResponse> {
    try {
      return await accounts.optInState(this.deviceId(), gatekeeper);
    } catch (error) {
      const gone = error instanceof ApiError && error.code === 'opt_in_unknown' && last.state === 'deleting';
      if (gone) return { ...last, state: 'deleted' };
      throw error;
    }
  }
}
