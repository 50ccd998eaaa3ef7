import { upstreamTopic } from '@causeway/contracts/upstream';
import type { EventBus, Subscription } from '@causeway/events';
import type { Logger } from '@causeway/telemetry';
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
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    this.#subscription = await this.bus.subscribe({
      topic: upstreamTopic,
      group: GROUP,
      mode: 'shared',
      handle: async ({ data }, { partition }) => this.registry.dispatch(data, partition),
      onAssigned: (partitions) => this.#gained(partitions),
      onRevoked: (partitions) => this.#lost(partitions),
      retry: { attempts: 1, backoffMs: 100 },
      onPoison: 'dead-letter',
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  #gained(partitions: readonly number[]): void {
    this.watch.gained(partitions).catch((error: unknown) => {
      // Devices that are connected also come back by themselves, with a new connection.
      this.logger.warn({ err: error }, 'presence of gained partitions could not be read');
    });
  }

  #lost(partitions: readonly number[]): void {
    const lost = new Set(partitions);
    void this.registry.closeAll('partition_lost', (partition) => lost.has(partition));
  }
}
