import type { Coordination } from '@causeway/coordination';
import { httpError } from '@causeway/http';
import type { RateLimit } from '@causeway/limits';

/**
 * Counts one call against a limit.
 * @param key a random id, never anything user-visible
 * @throws {AppError} `rate_limited` with the time to wait
 */
export async function takeFrom(
  { rates }: Pick<Coordination, 'rates'>,
  limit: RateLimit,
  key: string,
): Promise<void> {
  const { allowed, retryAfterMs } = await rates.take(limit, key);
  if (!allowed) throw httpError('rate_limited', { retryAfterMs });
}
