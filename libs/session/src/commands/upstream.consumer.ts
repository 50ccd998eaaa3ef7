import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import type { EventBus, HandleContext, Subscription } from '@causeway/events';
import type { DeviceNoiseKeys } from '../noise-keys/device-noise-keys.js';
import type { PreKeyOffers } from '../prekeys/prekey-offers.js';
import type { PresenceWatch } from '../ownership/presence-watch.js';
import type { SessionRegistry } from '../sessions/session-registry.js';

const GROUP = 'session';

/**
 * Reads the commands of the partitions that this pod owns. Owning a partition is holding the upstream connections of
 * its sessions: no lease table, no forwarding.
 */
export class UpstreamConsumer {
  #subscription: Subscription | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly registry: SessionRegistry,
    private readonly watch: PresenceWatch,
    private readonly offers: PreKeyOffers,
    private readonly agreements: Pick<DeviceNoiseKeys, 'answer'>,
  ) {}

  async start(): Promise<void> {
    this.#subscription = await this.bus.subscribe({
      topic: upstreamTopic,
      group: GROUP,
      mode: 'shared',
      handle: ({ data, id }, context) => this.#handle(data, id, context),
      onAssigned: (partitions) => this.watch.gained(partitions),
      onRevoked: (partitions) => this.watch.lost(partitions),
      retry: { attempts: 5, backoffMs: 200 },
      onPoison: 'dead-letter',
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  async #handle(event: UpstreamEvent, id: string, { partition, signal }: HandleContext): Promise<void> {
    if (event.type === 'noise.dh.answer') return this.agreements.answer(event);
    if (event.type === 'open' && (await this.watch.isStale(event))) return;
    if (event.type === 'prekeys.upload' && !(await this.offers.claim(id))) return;
    // The partition may have gone while presence was read: its next owner reads the command again.
    if (!signal.aborted) this.registry.dispatch(event, partition);
  }
}
