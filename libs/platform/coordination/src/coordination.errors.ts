export type CoordinationErrorCode =
  | 'mailbox_closed'
  | 'mailbox_full'
  | 'presence_full'
  | 'coordination_invalid'
  | 'coordination_refused'
  | 'coordination_unreachable';

const messages: Readonly<Record<CoordinationErrorCode, string>> = {
  mailbox_closed: 'the mailbox belongs to a connection that is not the current one',
  mailbox_full: 'the mailbox has reached its bound',
  presence_full: 'the partition has reached its bound of entries',
  coordination_invalid: 'an argument is malformed or beyond its bound',
  coordination_refused: 'the coordination engine does not let this user do that',
  coordination_unreachable: 'the coordination engine does not answer',
};

/** Everything that coordination can fail with. */
export class CoordinationError extends Error {
  override readonly name = 'CoordinationError';

  constructor(
    readonly code: CoordinationErrorCode,
    options?: { readonly cause: unknown },
  ) {
    super(messages[code], options);
  }
}
