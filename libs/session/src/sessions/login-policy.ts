import { sessionErrors } from '@causeway/contracts/session';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { FibonacciDelay } from '../backoff/fibonacci-delay.js';
import { HourlyBudget } from './hourly-budget.js';
import type { LinkEnd } from './ports.js';

/** A connection that held for so long was a good one (the gatekeeper's own clients count so). */
const STABLE_MS = 30_000;
/** Redeliveries are apart from each other as long as one came within this time. */
const REDELIVERY_MEMORY_MS = 3_600_000;
/** Steps of the back-off that a rate limit of the gatekeeper costs. */
const SLOW_DOWN_STEPS = 5;

/** What a session does after an end: nothing more, or a login. */
export type NextLogin =
  | { readonly kind: 'stop'; readonly code: string }
  | { readonly kind: 'login'; readonly afterMs: number; readonly freshToken: boolean };

/** Decides when a session logs in again, if at all; everything that the gatekeeper could take for a storm is bounded. */
export class LoginPolicy {
  readonly #delay: FibonacciDelay;
  readonly #redelivery: FibonacciDelay;
  readonly #takeovers = new HourlyBudget(limits.upstreamReloginsPerHour.value);
  readonly #freshTokens = new HourlyBudget(limits.upstreamFreshTokensPerHour.value);
  readonly #restarts = new HourlyBudget(limits.upstreamRestartsPerHour.value);
  #redeliveredAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    random?: () => number,
  ) {
    this.#delay = new FibonacciDelay(limits.upstreamLoginBackOffMaxMs.value, random);
    this.#redelivery = new FibonacciDelay(limits.upstreamLoginBackOffMaxMs.value, random);
  }

  /** @param succeededAtMs when the login succeeded that ended now, monotonic; undefined when it did not */
  after(end: LinkEnd, succeededAtMs: number | undefined): NextLogin {
    const nowMs = this.clock.monotonicMs();
    if (succeededAtMs !== undefined && nowMs - succeededAtMs > STABLE_MS) this.#delay.reset();
    switch (end.advice) {
      case 'stop':
        return { kind: 'stop', code: end.code };
      case 'check-owner':
        // The account is this pod's to hold, so it takes it back, but does not fight for it.
        if (this.#takeovers.take(nowMs)) return this.#later();
        return { kind: 'stop', code: sessionErrors.session_contested.code };
      case 'restart':
        return this.#restarts.take(nowMs) ? loginIn(0) : this.#later();
      case 'fresh-token':
        return this.#freshTokens.take(nowMs) ? loginIn(0, true) : this.#muchLater();
      case 'slow-down':
        return this.#muchLater();
      case 'pause':
        return loginIn(Math.min(end.waitMs ?? limits.upstreamPauseMs.value, limits.upstreamPauseMaxMs.value));
      case 'redeliver':
        return this.#redeliver(nowMs);
      case 'reconnect':
      case 'back-off':
        return this.#later();
    }
  }

  #later(): NextLogin {
    return loginIn(this.#delay.next());
  }

  #muchLater(): NextLogin {
    this.#delay.skip(SLOW_DOWN_STEPS);
    return this.#later();
  }

  #redeliver(nowMs: number): NextLogin {
    if (nowMs - this.#redeliveredAtMs > REDELIVERY_MEMORY_MS) this.#redelivery.reset();
    this.#redeliveredAtMs = nowMs;
    return loginIn(this.#redelivery.next());
  }
}

function loginIn(afterMs: number, freshToken = false): NextLogin {
  return { kind: 'login', afterMs, freshToken };
}
