/** What went wrong; a handshake or a transport that failed once stays closed. */
export type NoiseErrorCode =
  /** A message, key or frame has the wrong size or is missing. */
  | 'bad_message'
  | 'too_large'
  /** A public key that gives no secret (a point of small order) or a private key of the wrong size. */
  | 'bad_key'
  /** Authentication failed: damaged, replayed, out of order, or under another key or prologue. */
  | 'decrypt_failed'
  | 'nonce_exhausted'
  /** Called out of order, or after a failure or destroy. */
  | 'bad_state'
  | 'frame_too_large'
  | 'frame_too_small'
  | 'certificate_malformed'
  | 'certificate_bad_signature'
  | 'certificate_bad_issuer'
  | 'certificate_wrong_key'
  | 'certificate_not_yet_valid'
  | 'certificate_expired';

/** The one error of this library. */
export class NoiseError extends Error {
  override readonly name = 'NoiseError';

  constructor(readonly code: NoiseErrorCode) {
    super(`noise: ${code}`);
  }
}
