import { systemClock, withDeadline } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import { Redis } from 'ioredis';
import { CoordinationError } from '../coordination.errors.js';

const unreachable = (cause: unknown): CoordinationError =>
  new CoordinationError('coordination_unreachable', { cause });

/**
 * A connection on which every call has a deadline. A call is sent at once or not at all: one that its caller has given
 * up must not be carried out later, and none is sent twice.
 */
export class RedisConnection {
  readonly redis: Redis;
  private readonly waiting = new Set<() => void>();
  private closed = false;

  constructor(url: string, role: 'commands' | 'signals', logger: Logger) {
    this.redis = new Redis(url, {
      connectionName: `causeway-${role}`,
      connectTimeout: limits.coordinationCommandMs.value,
      commandTimeout: limits.coordinationCommandMs.value,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
    });
    // The client reports each failed attempt; one record per outage is enough.
    let up = true;
    this.redis.on('error', (err) => {
      if (up) logger.warn({ err, role }, 'coordination engine lost, reconnecting');
      up = false;
    });
    this.redis.on('ready', () => {
      if (!up) logger.info({ role }, 'coordination engine is back');
      up = true;
      for (const resume of this.waiting) resume();
    });
  }

  /** Makes a call. @throws CoordinationError `coordination_unreachable` for everything that the engine did not answer */
  async run<T>(call: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      await this.connected();
      return await call(this.redis);
    } catch (err) {
      throw err instanceof CoordinationError ? err : unreachable(err);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const ended = new Promise<void>((resolve) => this.redis.once('end', resolve));
    const hasSocket = !['end', 'close', 'reconnecting'].includes(this.redis.status);
    this.redis.disconnect();
    if (!hasSocket) return;
    await withDeadline(systemClock, limits.coordinationCommandMs.value, ended, () => new Error('late')).catch(
      () => undefined,
    );
  }

  /** Waits for a connection that is being made, up to the deadline of a call, in a bounded queue. */
  private async connected(): Promise<void> {
    if (this.redis.status === 'ready') return;
    if (this.closed || this.waiting.size >= limits.coordinationWaitingItems.value)
      throw unreachable(undefined);
    const ready = Promise.withResolvers<void>();
    this.waiting.add(ready.resolve);
    try {
      await withDeadline(systemClock, limits.coordinationCommandMs.value, ready.promise, () =>
        unreachable(undefined),
      );
    } finally {
      this.waiting.delete(ready.resolve);
    }
  }
}
