import { limits } from '@causeway/limits';
import { CoordinationError } from '../coordination.errors.js';
import type { Signals, Subscription } from '../port.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';

type Receiver = (payload: string) => void;

/** Signals by Redis pub/sub. Subscriptions have a connection of their own and are renewed when it comes back. */
export class RedisSignals implements Signals {
  private readonly receivers = new Map<string, Set<Receiver>>();

  constructor(
    private readonly commands: RedisConnection,
    private readonly subscriptions: RedisConnection,
    private readonly keys: RedisKeys,
  ) {
    subscriptions.redis.on('message', (name: string, payload: string) => {
      for (const receiver of this.receivers.get(name) ?? []) receiver(payload);
    });
  }

  async publish(channel: string, payload: string): Promise<void> {
    await this.commands.run((redis) => redis.publish(this.keys.channel(channel), payload));
  }

  async subscribe(channel: string, onSignal: Receiver): Promise<Subscription> {
    const name = this.keys.channel(channel);
    const receivers = this.receivers.get(name) ?? new Set();
    if (this.receivers.size >= limits.memoryCoordinationEntries.value)
      throw new CoordinationError('coordination_invalid');
    // One object for each call: the same function may be subscribed twice.
    const receiver: Receiver = (payload) => onSignal(payload);
    this.receivers.set(name, receivers.add(receiver));
    try {
      // Also when others receive already: their own request may still be under way.
      await this.subscriptions.run((redis) => redis.subscribe(name));
    } catch (err) {
      await this.forget(name, receiver);
      throw err;
    }
    return { close: () => this.forget(name, receiver) };
  }

  private async forget(name: string, receiver: Receiver): Promise<void> {
    const receivers = this.receivers.get(name);
    if (!receivers?.delete(receiver) || receivers.size > 0) return;
    this.receivers.delete(name);
    // Without the engine there is nothing to take back: it has forgotten us.
    await this.subscriptions.run((redis) => redis.unsubscribe(name)).catch(() => undefined);
  }
}
