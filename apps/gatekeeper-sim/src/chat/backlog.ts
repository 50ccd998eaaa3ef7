import type { DeliveryQueue, Item } from '../accounts/queue.js';
import type { Node } from '../seam.js';
import { node, serverJid } from './stanzas.js';

const primer = 5;
const largestBatch = 1000;

/**
 * The way from login to live delivery: a preview of what waits, a primer of five stanzas, then batches as the
 * client pulls them, then the end mark. Stanzas that come meanwhile wait behind the backlog.
 */
export class Backlog {
  #state: 'waiting' | 'pulling' | 'live' = 'waiting';
  #left = 0;
  #total = 0;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly send: (node: Node) => void,
    private readonly deliver: (item: Item, offline: boolean) => void,
    private readonly now: () => number,
  ) {}

  get live(): boolean {
    return this.#state === 'live';
  }

  /** The client is ready: tells what waits and sends the primer. Does nothing the second time. */
  start(): void {
    if (this.#state !== 'waiting') return;
    const items = this.queue.rewind(this.now());
    this.#state = 'pulling';
    this.#left = this.#total = items.length;
    if (this.#total > 0) this.send(preview(items));
    this.pull(primer);
  }

  /** Sends up to `count` of the backlog; after the last of it the end mark and whatever came meanwhile. */
  pull(count: number): void {
    if (this.#state !== 'pulling') return;
    const size = Math.min(count, this.#left, largestBatch);
    const items = this.queue.take(size, this.now());
    // Fewer than asked for: some were settled or expired before they were sent.
    this.#left = items.length < size ? 0 : this.#left - size;
    for (const item of items) this.deliver(item, true);
    if (this.#left > 0) return;
    this.send(node('ib', { from: serverJid }, [node('offline', { count: String(this.#total) })]));
    this.#state = 'live';
    this.pump();
  }

  /** Sends what came since; only once live. */
  pump(): void {
    if (this.#state !== 'live') return;
    for (const item of this.queue.take(this.queue.unsent, this.now())) this.deliver(item, false);
  }
}

function preview(items: readonly Item[]): Node {
  const count = (tag: string) => String(items.filter((item) => item.node.tag === tag).length);
  const attrs = {
    count: String(items.length),
    message: count('message'),
    receipt: count('receipt'),
    notification: count('notification'),
    appdata: '0',
  };
  return node('ib', { from: serverJid }, [node('offline_preview', attrs)]);
}
