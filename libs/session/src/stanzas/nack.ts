/** Reasons of a negative acknowledgement (`<ack error>`), with which a stanza is not delivered again. */
export const nack = {
  /** Not what its kind demands. */
  parsing: 487,
  /** Of a kind that is not known here. */
  unknownStanza: 488,
  /** Understood, and cannot be handled. */
  unhandled: 500,
} as const;
