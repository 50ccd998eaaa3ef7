import { SimulatorError } from '../errors.js';
import type { Node } from '../seam.js';

/** A stanza that waits until the account's client settles it. */
export interface Item {
  readonly node: Node;
  readonly queuedAt: number;
  /** When it was last handed to a connection. */
  sentAt: number;
  /** How often it was handed to a connection. */
  sent: number;
}

/** What an acknowledgement names. */
export interface Settlement {
  readonly class: string;
  readonly id: string;
  readonly type?: string | undefined;
}

/** Undelivered stanzas of one account, oldest first; they outlive connections for a bounded time. */
export class DeliveryQueue {
  readonly #items = new Set<Item>();
  /** The part of them that was not yet handed to the present connection. */
  #unsent = new Set<Item>();

  constructor(
    private readonly max: number,
    private readonly keptMs: number,
  ) {}

  get length(): number {
    return this.#items.size;
  }

  get unsent(): number {
    return this.#unsent.size;
  }

  /** Throws SimulatorError `queue_full` at the bound. */
  add(node: Node, now: number): void {
    this.expire(now);
    if (this.#items.size >= this.max)
      throw new SimulatorError('queue_full', 'the account takes no more stanzas');
    const item: Item = { node, queuedAt: now, sentAt: 0, sent: 0 };
    this.#items.add(item);
    this.#unsent.add(item);
  }

  /** Drops what has waited too long; the oldest come first. */
  expire(now: number): void {
    for (const item of this.#items) {
      if (now - item.queuedAt < this.keptMs) return;
      this.#drop(item);
    }
  }

  /** A new connection: everything unsettled is to be sent again. Returns it, oldest first. */
  rewind(now: number): readonly Item[] {
    this.expire(now);
    this.#unsent = new Set(this.#items);
    return [...this.#items];
  }

  /** Hands out up to `count` stanzas for the present connection. */
  take(count: number, now: number): Item[] {
    const taken: Item[] = [];
    for (const item of this.#unsent) {
      if (taken.length >= count) break;
      item.sent += 1;
      item.sentAt = now;
      this.#unsent.delete(item);
      taken.push(item);
    }
    return taken;
  }

  /** @returns since when the present connection owes the settling of a stanza; undefined when it owes nothing */
  owedSince(): number | undefined {
    for (const item of this.#items) if (!this.#unsent.has(item)) return item.sentAt;
    return undefined;
  }

  /** Settles the oldest stanza that was handed out and fits, one with the same type before any other. */
  settle(settlement: Settlement): boolean {
    let found: Item | undefined;
    for (const item of this.#items) {
      const { tag, attrs } = item.node;
      if (item.sent === 0 || tag !== settlement.class || attrs['id'] !== settlement.id) continue;
      const exact = attrs['type'] === settlement.type;
      if (exact || !found) found = item;
      if (exact) break;
    }
    if (found) this.#drop(found);
    return found !== undefined;
  }

  #drop(item: Item): void {
    this.#items.delete(item);
    this.#unsent.delete(item);
  }
}
