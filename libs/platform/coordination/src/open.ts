import { systemClock, type Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger, Metrics } from '@causeway/telemetry';
import { CoordinationError } from './coordination.errors.js';
import { openMemoryCoordination } from './memory/memory-coordination.js';
import { observed } from './observed.js';
import type { Coordination } from './port.js';
import { isRedisAddress, type RedisTls } from './redis/redis-client.js';
import { openRedisCoordination } from './redis/redis-coordination.js';

export interface CoordinationOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** With `rediss://`; read for each new connection, so that it may change. */
  readonly tls?: RedisTls;
  /** Used by the memory engine; Redis goes by its own time. */
  readonly clock?: Clock;
  /** Before every key and channel, so that deployments can share an engine. */
  readonly prefix?: string;
  /** Name of the service, under which the server keeps its buckets: no other service may empty or fill them. */
  readonly owner?: string;
  /** Life of a pod's lease, milliseconds. */
  readonly presenceLeaseMs?: number;
}

/**
 * Opens coordination at `memory:NAME` (one state per name and process) or `redis://…`, `rediss://…`, or a Redis Cluster at
 * `redis+cluster://…`, `rediss+cluster://…` (any node; more of them by `?node=HOST:PORT`). Connecting goes on in the
 * background; calls wait for it up to their deadline of two seconds.
 * @throws CoordinationError `coordination_invalid` for any other address
 */
export function openCoordination(url: string, options: CoordinationOptions): Coordination {
  const { logger, metrics, clock = systemClock, prefix = 'causeway', owner = 'any' } = options;
  const leaseMs = options.presenceLeaseMs ?? limits.presenceLeaseMs.value;
  return observed(openEngine(), logger, metrics);

  function openEngine(): Coordination {
    const name = /^memory:([\w-]{1,64})$/.exec(url)?.[1];
    if (name !== undefined) return openMemoryCoordination(`${prefix}:${name}`, clock, leaseMs);
    if (!isRedisAddress(url)) throw new CoordinationError('coordination_invalid');
    return openRedisCoordination({ url, prefix, owner, leaseMs, logger, metrics, tls: options.tls });
  }
}
