import { Circuit, systemClock, withDeadline, type CircuitName } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import { CoordinationError } from '../coordination.errors.js';
import { createRedisClient, isNoPrimary, type RedisClient, type RedisTls } from './redis-client.js';

const unreachable = (cause: unknown): CoordinationError =>
  new CoordinationError('coordination_unreachable', { cause });

export interface RedisConnectionOptions {
  readonly url: string;
  readonly role: 'commands' | 'signals';
  readonly logger: Logger;
  readonly tls?: RedisTls | undefined;
  /** Told whether calls are made, tried or refused. */
  readonly onCircuit?: (state: CircuitName) => void;
}

/**
 * A connection on which every call has a deadline. A call is sent at once or not at all: one that its caller has given
 * up must not be carried out later, and none is sent twice. While the engine does not answer, calls fail at once.
 */
export class RedisConnection {
  readonly redis: RedisClient;
  private readonly waiting = new Set<() => void>();
  private readonly circuit: Circuit;
  private inFlight = 0;
  private closed = false;

  constructor(private readonly options: RedisConnectionOptions) {
    const { url, role, logger, tls } = options;
    this.redis = createRedisClient(url, `causeway-${role}`, tls);
    this.circuit = new Circuit({
      clock: systemClock,
      failuresInARow: limits.coordinationFailuresInARow.value,
      pauseMs: limits.coordinationCircuitPauseMs.value,
      isFailure: (error) => !isAnswer(error),
      refused: () => unreachable(undefined),
      onChange: (to, from) => this.circuitChanged(to, from),
    });
    // The client reports each failed attempt; one record per outage is enough.
    let up = true;
    this.redis.on('error', (err: Error) => {
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
  async run<T>(call: (redis: RedisClient) => Promise<T>): Promise<T> {
    if (this.inFlight >= limits.coordinationCallsInFlight.value) throw unreachable(undefined);
    this.inFlight += 1;
    try {
      return await this.circuit.run(async () => {
        await this.connected();
        return call(this.redis);
      });
    } catch (err) {
      throw err instanceof CoordinationError ? err : unreachable(err);
    } finally {
      this.inFlight -= 1;
    }
  }

  /** Connects anew, unless it is about to: the address may lead elsewhere. What waits for an answer is given up. */
  reconnect(): void {
    if (!this.closed && this.redis.status === 'ready') this.redis.disconnect(true);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const ended = new Promise<void>((resolve) => this.redis.once('end', () => resolve()));
    const hasSocket = !['end', 'close', 'reconnecting'].includes(this.redis.status);
    this.redis.disconnect();
    if (!hasSocket) return;
    await withDeadline(systemClock, limits.coordinationCommandMs.value, ended, () => new Error('late')).catch(
      () => undefined,
    );
  }

  private circuitChanged(to: CircuitName, from: CircuitName): void {
    const { logger, onCircuit } = this.options;
    onCircuit?.(to);
    if (to === 'open' && from === 'closed') {
      logger.warn({ to, from }, 'coordination does not answer; calls fail at once until it does');
      // What waits for an answer is given up by its callers: a new connection frees it, and may lead elsewhere.
      this.reconnect();
    } else if (to === 'closed') logger.info({ to, from }, 'coordination answers again');
    else logger.debug({ to, from }, 'coordination was tried');
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

/** An error that the engine answers with is an answer, unless another server should have been asked. */
function isAnswer(error: Error): boolean {
  if (error instanceof CoordinationError) return error.code !== 'coordination_unreachable';
  return error.name === 'ReplyError' && !isNoPrimary(error);
}
