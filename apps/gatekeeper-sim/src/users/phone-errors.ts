export type PhoneErrorCode =
  | 'number_invalid'
  | 'number_taken'
  | 'users_full'
  | 'unknown_user'
  | 'unknown_recipient'
  | 'unknown_target'
  | 'request_invalid'
  | 'file_invalid'
  | 'file_too_large'
  | 'file_refused'
  | 'no_keys'
  | 'bundle_invalid'
  | 'undeliverable'
  | 'busy';

/** Why a phone, or the registry of phones, refused a request. The message names no identifier. */
export class PhoneError extends Error {
  override readonly name = 'PhoneError';

  constructor(
    readonly code: PhoneErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export type ContentErrorCode =
  | 'ciphertext_missing'
  | 'ciphertext_too_large'
  | 'ciphertext_version'
  | 'padding_invalid'
  | 'content_malformed'
  | 'content_unsupported'
  | 'media_reference_invalid'
  | 'media_too_large'
  | 'media_unavailable'
  | 'media_deadline'
  | 'media_enc_hash_mismatch'
  | 'media_mac_mismatch'
  | 'media_padding_invalid'
  | 'media_hash_mismatch'
  | 'media_length_mismatch'
  | 'media_sidecar_mismatch';

/** Why a received message was not shown. */
export class ContentError extends Error {
  override readonly name = 'ContentError';

  constructor(readonly code: ContentErrorCode) {
    super(`The message is refused: ${code}.`);
  }
}

/** Why a ciphertext gave no plaintext: the ratchet had used that key already, or nothing fits it. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';

  constructor(readonly code: 'duplicate_message' | 'undecryptable') {
    super(`The ciphertext is refused: ${code}.`);
  }
}
