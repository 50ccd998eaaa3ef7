/** Why content could not be sealed or opened. Never says what the content was. */
export class RelayError extends Error {
  override readonly name = 'RelayError';

  constructor(
    readonly code: 'relay_key_invalid' | 'relay_body_unreadable' | 'relay_seal_destroyed',
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}
