import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';

/** With what a gatekeeper wants to be left alone for a while: logins of an account, or new signed prekeys of it. */
export type RestKind = 'login' | 'rotation';

/** What a gatekeeper refused, and for how long it is left alone with it. */
export interface NewRest {
  /** Why, as it is told. */
  readonly code: string;
  /** Milliseconds. */
  readonly forMs: number;
  /** The one key that was refused; absent when the gatekeeper is left alone with all of them. */
  readonly keyId?: number;
}

export interface Rest {
  readonly code: string;
  /** Monotonic milliseconds of this process. */
  readonly untilMs: number;
  readonly keyId?: number;
}

export interface KeptRest extends NewRest {
  readonly sessionKey: string;
  readonly kind: RestKind;
}

/**
 * With what the gatekeepers are left alone, of the sessions of this pod: a device that connects anew changes nothing
 * about it, and neither does another pod that gets the session's partition.
 */
export class Rests {
  readonly #rests = new Map<string, Rest>();

  /** @param keep told what must outlive this pod */
  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly keep: (rest: KeptRest) => void = () => undefined,
  ) {}

  add(sessionKey: string, kind: RestKind, rest: NewRest): void {
    this.#put(sessionKey, kind, rest);
    this.keep({ sessionKey, kind, ...rest });
  }

  /** What an earlier owner of these sessions was told; of two the longer stands. */
  restore(kept: readonly KeptRest[]): void {
    for (const { sessionKey, kind, ...rest } of kept) {
      const known = this.of(sessionKey, kind);
      const untilMs = this.clock.monotonicMs() + rest.forMs;
      if (known === undefined || known.untilMs < untilMs) this.#put(sessionKey, kind, rest);
    }
  }

  /** @returns what still stands */
  of(sessionKey: string, kind: RestKind): Rest | undefined {
    const name = nameOf(sessionKey, kind);
    const rest = this.#rests.get(name);
    if (rest === undefined || rest.untilMs > this.clock.monotonicMs()) return rest;
    this.#rests.delete(name);
    return undefined;
  }

  /** Beyond as many as a pod may hold sessions the oldest is forgotten: that costs one attempt. */
  #put(sessionKey: string, kind: RestKind, { code, forMs, keyId }: NewRest): void {
    const name = nameOf(sessionKey, kind);
    this.#rests.delete(name);
    const [oldest] = this.#rests.keys();
    if (this.#rests.size >= limits.upstreamSessionsPerPod.value && oldest !== undefined) {
      this.#rests.delete(oldest);
    }
    const untilMs = this.clock.monotonicMs() + forMs;
    this.#rests.set(name, { code, untilMs, ...(keyId !== undefined && { keyId }) });
  }
}

function nameOf(sessionKey: string, kind: RestKind): string {
  return `${kind} ${sessionKey}`;
}
