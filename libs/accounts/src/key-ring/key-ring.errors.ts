const messages = {
  key_ring_unreadable: 'the key ring cannot be read',
  key_ring_invalid: 'the file is no key ring',
  key_ring_missing: 'there is a key set, but not the key ring that it belongs to',
  key_ring_not_writable: 'the key ring and the key set must be in folders that can be written to',
  key_ring_locked: 'another command works on the key ring',
  key_ring_full: 'the key ring is full: retired keys must go first',
  key_unknown: 'the key ring has no such key',
  key_known: 'the key ring has, or had, a key of that id',
  key_unusable: 'the key is not one that can verify user tokens',
} as const;

export type KeyRingErrorCode = keyof typeof messages;

/** Something about the key ring cannot be done; it is as it was. The message never quotes a key. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';

  constructor(
    readonly code: KeyRingErrorCode,
    detail?: string,
    options?: ErrorOptions,
  ) {
    super(detail === undefined ? messages[code] : `${messages[code]}: ${detail}`, options);
  }
}
