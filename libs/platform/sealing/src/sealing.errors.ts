const messages = {
  record_unreadable: 'a sealed record does not open: another context, another key, or changed bytes',
  wrapping_key_unknown: 'the ring has no such wrapping key',
  key_service_unreachable: 'the key service did not answer',
  key_service_paused: 'the key service has not answered for a while and is not asked',
  key_service_refused: 'the key service refused',
  key_service_answer: 'the key service answered with something else than a key',
} as const;

export type SealingErrorCode = keyof typeof messages;

/** Something cannot be sealed or opened. Holds nothing of it. */
export class SealingError extends Error {
  override readonly name = 'SealingError';

  constructor(
    readonly code: SealingErrorCode = 'record_unreadable',
    options?: ErrorOptions,
  ) {
    super(messages[code], options);
  }
}

/** @returns an error of sealing as it is, anything else as `record_unreadable` */
export function sealingErrorOf(cause: unknown): SealingError {
  return cause instanceof SealingError ? cause : new SealingError('record_unreadable', { cause });
}
