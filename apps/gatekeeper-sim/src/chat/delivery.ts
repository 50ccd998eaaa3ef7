import type { FaultPlan } from '../accounts/faults.js';
import type { Item } from '../accounts/queue.js';
import type { Clock } from '../clock.js';
import type { Node } from '../seam.js';

/** How long one half of a pair waits for the other before it goes alone. */
const pairWaitMs = 2000;

/** Sends an account's stanzas over one connection, with the faults that were ordered for them. */
export class Delivery {
  #held: Node | undefined;
  #heldTimer: object | undefined;
  #closed = false;

  constructor(
    private readonly faults: FaultPlan,
    private readonly clock: Clock,
    private readonly send: (node: Node) => void,
  ) {}

  /** Sends one stanza of the queue; `offline` marks those of the backlog. */
  deliver(item: Item, offline: boolean): void {
    const attrs = offline ? { ...item.node.attrs, offline: '0' } : item.node.attrs;
    const stanza: Node = { ...item.node, attrs };
    if (this.#held) {
      this.#transmit(stanza);
      this.#release();
    } else if (this.faults.takeReorder()) {
      this.#held = stanza;
      this.#heldTimer = this.clock.setTimeout(() => this.#release(), pairWaitMs);
    } else this.#transmit(stanza);
  }

  /** Nothing more is sent; what was held is still in the account's queue. */
  close(): void {
    this.#closed = true;
    this.#held = undefined;
    if (this.#heldTimer) this.clock.clearTimeout(this.#heldTimer);
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (this.#heldTimer) this.clock.clearTimeout(this.#heldTimer);
    if (held) this.#transmit(held);
  }

  #transmit(stanza: Node): void {
    const times = this.faults.takeDuplicate() ? 2 : 1;
    const { delayMs } = this.faults;
    const transmit = () => {
      for (let i = 0; i < times && !this.#closed; i += 1) this.send(stanza);
    };
    if (delayMs > 0) this.clock.setTimeout(transmit, delayMs);
    else transmit();
  }
}
