import { accountTopic, type AccountEvent } from '@causeway/contracts/accounts';
import type { EventBus, Subscription } from '@causeway/events';
import type { MediaObjects } from './media-objects.js';
import type { Sweeper } from './sweeper.js';

const RETRY = { attempts: 10, backoffMs: 200 };

/** Erases the blobs of users who leave. Handling an event twice changes nothing. */
export class AccountConsumer {
  #subscription: Subscription | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly objects: MediaObjects,
    private readonly sweeper: Sweeper,
  ) {}

  async start(): Promise<void> {
    this.#subscription = await this.bus.subscribe<AccountEvent>({
      topic: accountTopic,
      group: 'media',
      mode: 'shared',
      handle: ({ data }) => this.#handle(data),
      retry: RETRY,
      onPoison: 'park',
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  async #handle(event: AccountEvent): Promise<void> {
    if (event.type === 'user.erased') await this.objects.discardOfUser(event.userId);
    else if (event.type === 'opt-in.withdrawn')
      await this.objects.discardOfDevice(event.deviceId, event.gatekeeper);
    else return;
    this.sweeper.kick();
  }
}
