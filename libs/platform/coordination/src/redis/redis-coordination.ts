import type { Logger } from '@causeway/telemetry';
import type { Coordination } from '../port.js';
import { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import { RedisMailbox } from './redis-mailbox.js';
import { RedisPresence } from './redis-presence.js';
import { RedisRates } from './redis-rates.js';
import { RedisSignals } from './redis-signals.js';

export interface RedisCoordinationOptions {
  readonly url: string;
  readonly prefix: string;
  readonly leaseMs: number;
  readonly logger: Logger;
}

/** Coordination over one Redis. */
export function openRedisCoordination({
  url,
  prefix,
  leaseMs,
  logger,
}: RedisCoordinationOptions): Coordination {
  const commands = new RedisConnection(url, 'commands', logger);
  const subscriptions = new RedisConnection(url, 'signals', logger);
  const keys = new RedisKeys(prefix);
  return {
    presence: new RedisPresence(commands, keys, leaseMs),
    mailbox: new RedisMailbox(commands, keys),
    signals: new RedisSignals(commands, subscriptions, keys),
    rates: new RedisRates(commands, keys),
    check: async () => void (await commands.run((redis) => redis.ping())),
    close: async () => void (await Promise.all([commands.close(), subscriptions.close()])),
  };
}
