import type { CircuitName } from '@causeway/lifecycle';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { Coordination } from '../port.js';
import type { RedisTls } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import { RedisMailbox } from './redis-mailbox.js';
import { RedisPresence } from './redis-presence.js';
import { RedisRates } from './redis-rates.js';
import { RedisSignals } from './redis-signals.js';

export interface RedisCoordinationOptions {
  readonly url: string;
  readonly prefix: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tls: RedisTls | undefined;
}

/** Coordination over one Redis, or a cluster. */
export function openRedisCoordination({
  url,
  prefix,
  owner,
  leaseMs,
  logger,
  metrics,
  tls,
}: RedisCoordinationOptions): Coordination {
  const circuit = metrics.gauge('coordination_circuit_open', 'Whether calls to coordination fail at once', [
    'role',
  ]);
  const transitions = metrics.counter(
    'coordination_circuit_transitions_total',
    'Changes between making calls to coordination, refusing them, and trying one',
    ['role', 'to'],
  );
  const connect = (role: 'commands' | 'signals'): RedisConnection => {
    circuit.set(0, { role });
    const onCircuit = (to: CircuitName): void => {
      circuit.set(to === 'closed' ? 0 : 1, { role });
      transitions.inc({ role, to });
    };
    return new RedisConnection({ url, role, logger, onCircuit, tls });
  };
  const [commands, subscriptions] = [connect('commands'), connect('signals')];
  // Whoever only listens does not notice that nobody speaks any more.
  commands.redis.on('close', () => subscriptions.reconnect());
  const keys = new RedisKeys(prefix, owner);
  return {
    presence: new RedisPresence(commands, keys, leaseMs),
    mailbox: new RedisMailbox(commands, keys),
    signals: new RedisSignals(commands, subscriptions, keys),
    rates: new RedisRates(commands, keys),
    check: async () => void (await commands.run((redis) => redis.ping())),
    close: async () => void (await Promise.all([commands.close(), subscriptions.close()])),
  };
}
