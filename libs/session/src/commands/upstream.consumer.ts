import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import type { EventBus, HandleContext, Subscription } from '@causeway/events';
import type { DeviceNoiseKeys } from '../noise-keys/device-noise-keys.js';
import type { Handover, Owner } from '../ownership/partition-fence.js';
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
  readonly #generations = new Map<number, number>();

  constructor(
    private readonly bus: EventBus,
    private readonly registry: SessionRegistry,
    private readonly watch: PresenceWatch,
    private readonly handover: Handover,
    private readonly offers: Pick<PreKeyOffers, 'claim'>,
    private readonly agreements: Pick<DeviceNoiseKeys, 'answer'>,
    private readonly group = GROUP,
  ) {}

  async start(): Promise<void> {
    this.#subscription = await this.bus.subscribe({
      topic: upstreamTopic,
      group: this.group,
      mode: 'shared',
      handle: ({ data, id }, context) => this.#handle(data, id, context),
      onAssigned: async (partitions, generation) => {
        for (const partition of partitions) this.#generations.set(partition, generation);
        await this.handover.take(partitions, generation);
        await this.watch.gained(partitions);
      },
      onRevoked: async (partitions) => {
        await this.watch.lost(partitions);
        await this.handover.release(partitions.flatMap((partition) => this.ownerOf(partition) ?? []));
        for (const partition of partitions) this.#generations.delete(partition);
      },
      retry: { attempts: 5, backoffMs: 200 },
      onPoison: 'dead-letter',
    });
  }

  /** @returns the generation in which this pod was given a partition, while it has it */
  generationOf(partition: number): number | undefined {
    return this.#generations.get(partition);
  }

  /** Whether this pod can be sure to have its partitions; true also before it has been given the first. */
  isSure(): boolean {
    return this.#subscription?.isSure() ?? true;
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  /** @returns in whose name this pod writes for a partition, while it has it */
  ownerOf(partition: number): Owner | undefined {
    const generation = this.#generations.get(partition);
    return generation === undefined ? undefined : { partition, generation };
  }

  async #handle(event: UpstreamEvent, id: string, { partition, signal }: HandleContext): Promise<void> {
    if (event.type === 'noise.dh.answer') return this.agreements.answer(event);
    if (event.type === 'open' && (await this.watch.isStale(event))) return;
    if (event.type === 'prekeys.upload') {
      const owner = this.ownerOf(partition);
      if (owner === undefined || !(await this.offers.claim(id, owner))) return;
    }
    // The partition may have gone while presence was read: its next owner reads the command again.
    if (!signal.aborted) this.registry.dispatch(event, partition);
  }
}
