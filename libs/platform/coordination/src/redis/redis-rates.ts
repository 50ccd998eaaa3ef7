import type { RateDecision, RateLimitRule, Rates } from '../port.js';
import { LuaScript } from './lua-script.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';

const takeScript = new LuaScript('rate-take');

/** Token buckets in Redis, by the server's clock. */
export class RedisRates implements Rates {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async take(rule: RateLimitRule, key: string, cost = 1): Promise<RateDecision> {
    const args = [rule.capacity, rule.refillPerSecond, cost];
    const answer = await this.connection.run((redis) => takeScript.run(redis, [this.keys.bucket(key)], args));
    const [allowed, retryAfterMs] = Array.isArray(answer) ? answer.map(Number) : [];
    return { allowed: allowed === 1, retryAfterMs: retryAfterMs ?? 0 };
  }
}
