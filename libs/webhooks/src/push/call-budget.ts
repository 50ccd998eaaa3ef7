import type { Rates } from '@causeway/coordination';
import { httpError } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits, rateLimits } from '@causeway/limits';

interface Lease {
  /** Calls that are still let in. */
  left: number;
  /** Monotonic milliseconds before which coordination is not asked again. */
  deniedUntilMs: number;
  asking: Promise<void> | undefined;
}

/**
 * Counts calls per address, or network of addresses, over all pods. A pod asks for many at once, and remembers a refusal, so that neither
 * ordinary calls nor a flood wait for coordination one by one.
 */
export class CallBudget {
  readonly #leases = new Map<string, Lease>();

  constructor(
    private readonly rates: Rates,
    private readonly clock: Clock,
  ) {}

  /** Resolves when a call may go on. @throws {AppError} `rate_limited` */
  async take(address: string): Promise<void> {
    const lease = this.#leases.get(address) ?? this.#begin(address);
    while (lease.left === 0) {
      const retryAfterMs = lease.deniedUntilMs - this.clock.monotonicMs();
      if (retryAfterMs > 0) throw httpError('rate_limited', { retryAfterMs });
      lease.asking ??= this.#ask(address, lease).finally(() => (lease.asking = undefined));
      await lease.asking;
    }
    lease.left -= 1;
  }

  #begin(address: string): Lease {
    const [oldest] = this.#leases.keys();
    if (this.#leases.size >= limits.pushAddresses.value && oldest !== undefined) this.#leases.delete(oldest);
    const lease: Lease = { left: 0, deniedUntilMs: -Infinity, asking: undefined };
    this.#leases.set(address, lease);
    return lease;
  }

  async #ask(address: string, lease: Lease): Promise<void> {
    const calls = limits.pushLeaseItems.value;
    const { allowed, retryAfterMs } = await this.rates.take(rateLimits.pushCall, address, calls);
    if (allowed) lease.left = calls;
    else lease.deniedUntilMs = this.clock.monotonicMs() + Math.max(1, retryAfterMs);
  }
}
