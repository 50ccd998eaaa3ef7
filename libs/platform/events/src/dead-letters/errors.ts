export type DeadLetterErrorCode =
  'dead_letter_unknown' | 'dead_letter_without_payload' | 'dead_letter_lane_full' | 'dead_letter_unaddressed';

/** Why something cannot be done with a dead letter; the message is one clear line for an operator. */
export class DeadLetterError extends Error {
  override readonly name = 'DeadLetterError';

  constructor(
    readonly code: DeadLetterErrorCode,
    message: string,
  ) {
    super(message);
  }
}
