import { accountTopic, type AccountEvent } from '@causeway/contracts/accounts';
import { sessionKeyOf } from '@causeway/contracts/ids';
import type { EventBus, Subscription } from '@causeway/events';
import type { SessionRows } from '../ownership/session-rows.js';
import type { NoiseKeys } from './noise-keys.service.js';

const RETRY = { attempts: 10, backoffMs: 200 };

/** Destroys the keys of accounts that the gatekeeper no longer has. */
export class AccountConsumer {
  #subscription: Subscription | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly noiseKeys: Pick<NoiseKeys, 'destroyOld'>,
    private readonly rows: Pick<SessionRows, 'forget'>,
  ) {}

  async start(): Promise<void> {
    this.#subscription = await this.bus.subscribe({
      topic: accountTopic,
      group: 'session',
      mode: 'shared',
      handle: ({ data, time }) => this.handle(data, time),
      retry: RETRY,
      onPoison: 'dead-letter',
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  /** @param at when it happened, RFC 3339: a key that was asked for later belongs to the next enlistment */
  async handle(event: AccountEvent, at: string): Promise<void> {
    if (event.type !== 'opt-in.deleted' && event.type !== 'opt-in.lapsed') return;
    const sessionKey = sessionKeyOf(event.deviceId, event.gatekeeper);
    await this.noiseKeys.destroyOld(sessionKey, at);
    await this.rows.forget(sessionKey);
  }
}
