import type { Clock, Timer } from '@causeway/lifecycle';
import type { Stanza } from '@causeway/xml';

interface Awaited {
  readonly resolve: (ack: Stanza | undefined) => void;
  readonly timer: Timer;
}

/** Messages sent upstream whose acknowledgement by the gatekeeper is still out. */
export class AwaitedAcks {
  readonly #awaited = new Map<string, Awaited>();

  constructor(
    private readonly clock: Clock,
    private readonly capacity: number,
  ) {}

  get full(): boolean {
    return this.#awaited.size >= this.capacity;
  }

  /** @returns whether a message of this id is under way: its outcome will answer a repetition too. */
  has(id: string): boolean {
    return this.#awaited.has(id);
  }

  /**
   * @param id of a message that is not under way
   * @returns its `<ack>`, or undefined when that did not come in time or the connection ended
   */
  wait(id: string, timeoutMs: number): Promise<Stanza | undefined> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => this.settle(id, undefined), Math.max(0, timeoutMs));
      this.#awaited.set(id, { resolve, timer });
    });
  }

  /** The gatekeeper acknowledged a message; ids that nobody waits for are passed over. */
  settle(id: string, ack: Stanza | undefined): void {
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    this.#awaited.delete(id);
    this.clock.clearTimeout(awaited.timer);
    awaited.resolve(ack);
  }

  /** The connection ended: nobody waits any longer. */
  settleAll(): void {
    for (const id of [...this.#awaited.keys()]) this.settle(id, undefined);
  }
}
