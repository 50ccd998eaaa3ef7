import type { Node } from '../seam.js';
import { BoundedMap } from './bounded.js';
import { phoneLimits } from './phone-limits.js';
import { childOf, childrenOf } from './stanza/stanza.js';

/** What became of a message that the phone sent; times in milliseconds since 1970. */
export interface MessageReceipts {
  readonly id: string;
  readonly to: string;
  readonly sentAt: number;
  readonly deliveredAt?: number;
  readonly readAt?: number;
  readonly playedAt?: number;
  /** Times the account asked for it again. */
  readonly retries: number;
}

const FIELD_OF_TYPE: Readonly<Record<string, 'deliveredAt' | 'readAt' | 'playedAt'>> = {
  '': 'deliveredAt',
  inactive: 'deliveredAt',
  read: 'readAt',
  played: 'playedAt',
};

/** Receipts by message, for the newest messages sent. */
export class ReceiptLog {
  private readonly entries = new BoundedMap<string, MessageReceipts>(phoneLimits.history);

  sent(id: string, to: string, now: number): void {
    this.entries.set(id, { id, to, sentAt: now, retries: 0 });
  }

  /** Notes a receipt of an account, for all ids it names. The first receipt of a type counts; unknown ids and types, and messages to another account, are passed over. */
  note(receipt: Node, from: string, now: number): void {
    const field = FIELD_OF_TYPE[receipt.attrs.type ?? ''];
    for (const id of receiptIds(receipt)) {
      const entry = this.entries.get(id);
      if (entry === undefined || entry.to !== from) continue;
      if (receipt.attrs.type === 'retry') this.entries.replace(id, { ...entry, retries: entry.retries + 1 });
      else if (field !== undefined && entry[field] === undefined)
        this.entries.replace(id, { ...entry, [field]: now });
    }
  }

  values(): MessageReceipts[] {
    return this.entries.values();
  }
}

/** The ids that a receipt names: its own, and those of its list. */
function receiptIds(receipt: Node): string[] {
  const list = childOf(receipt, 'list');
  const items = list === undefined ? [] : childrenOf(list, 'item').map((item) => item.attrs.id);
  return [receipt.attrs.id, ...items].filter((id) => id !== undefined).slice(0, phoneLimits.receiptIds);
}
