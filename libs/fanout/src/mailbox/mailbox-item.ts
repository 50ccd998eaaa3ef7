import { DownstreamEvent } from '@causeway/contracts/downstream';

/** One event that waits for a device. */
export interface MailboxItem {
  readonly seq: number;
  readonly event: DownstreamEvent;
}

/** Events that wait until the device has stored them, in contrast to those that are said once. */
export type Deliverable = Extract<DownstreamEvent, { ref: number }>;

/** @returns whether a device must acknowledge the event. */
export function isDeliverable(event: DownstreamEvent): event is Deliverable {
  return 'ref' in event;
}

export function encodeItem(event: DownstreamEvent): Buffer {
  return Buffer.from(JSON.stringify(event));
}

/** @throws {z.ZodError} when the bytes are not an event of the contract */
export function decodeItem(bytes: Uint8Array): DownstreamEvent {
  return DownstreamEvent.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
