/** A received stanza is not what its kind demands; it is refused upstream with `nack`. */
export class StanzaInvalid extends Error {
  override readonly name = 'StanzaInvalid';
  readonly code = 'stanza_invalid';

  constructor(
    /** Code of the wire's NACK (487 parsing, 488 unknown stanza, 491 protobuf …). */
    readonly nack: number,
    options?: ErrorOptions,
  ) {
    super('stanza_invalid', options);
  }
}
