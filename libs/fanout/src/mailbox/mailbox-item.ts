import { DownstreamEvent } from '@causeway/contracts/downstream';

/** One event that waits for a device, as it is kept. */
export interface MailboxItem {
  readonly seq: number;
  readonly item: Uint8Array;
}

/** Events that wait until the device has stored them, in contrast to those that are said once. */
export type Deliverable = Extract<DownstreamEvent, { ref: number }>;

/** A kept item is not an event of the contract. */
export class ItemUnreadable extends Error {
  override readonly name = 'ItemUnreadable';
  readonly code = 'mailbox_item_unreadable';

  /** @param ref the number of the received stanza, where that much can be read */
  constructor(readonly ref?: number) {
    super('mailbox_item_unreadable');
  }
}

/** @returns whether a device must acknowledge the event. */
export function isDeliverable(event: DownstreamEvent): event is Deliverable {
  return 'ref' in event;
}

export function encodeItem(event: DownstreamEvent): Buffer {
  return Buffer.from(JSON.stringify(event));
}

/** @throws {ItemUnreadable} when the bytes are not an event of the contract */
export function decodeItem(bytes: Uint8Array): DownstreamEvent {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new ItemUnreadable();
  }
  const parsed = DownstreamEvent.safeParse(value);
  if (!parsed.success) throw new ItemUnreadable(numberOf(value));
  return parsed.data;
}

function numberOf(value: unknown): number | undefined {
  const ref: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'ref') : undefined;
  return Number.isSafeInteger(ref) ? Number(ref) : undefined;
}
