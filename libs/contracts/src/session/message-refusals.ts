import type { sessionErrors } from './errors.js';

/** What the gatekeeper's refusal of a message means for who sent it. */
export interface MessageRefusal {
  readonly code: keyof typeof sessionErrors;
  /** Whether the same ciphertext can be taken later. */
  readonly retryable: boolean;
}

/** Numbers of `<ack class="message" error>`, as the public clients have met them. */
const REFUSALS: ReadonlyMap<string, MessageRefusal> = new Map([
  ['404', { code: 'recipient_unknown', retryable: false }],
  // Two causes share it: a token for new contacts is missing, or the account may write to nobody new for a while.
  ['463', { code: 'recipient_restricted', retryable: false }],
  ['475', { code: 'new_chats_limited', retryable: false }],
  ['421', { code: 'recipient_moved', retryable: false }],
  ['479', { code: 'message_stale', retryable: false }],
  ['429', { code: 'upstream_rate_limited', retryable: true }],
  ['500', { code: 'upstream_unreachable', retryable: true }],
  ['503', { code: 'upstream_unreachable', retryable: true }],
]);

/**
 * For whoever speaks the wire: session, or a device by itself.
 * @returns what an acknowledgement with an error comes to; unknown numbers are final
 */
export function refusalOfMessage(error: string): MessageRefusal {
  return REFUSALS.get(error) ?? { code: 'upstream_refused', retryable: false };
}
