/** Why a file is refused. The checks run in this order: size, hash of the blob, MAC, decryption, hash of the file. */
export type MediaErrorCode =
  | 'media_too_large'
  | 'media_size_mismatch'
  | 'media_hash_mismatch'
  | 'media_mac_mismatch'
  | 'media_decryption_failed'
  | 'media_content_mismatch'
  | 'media_file_unusable';

const messages: Record<MediaErrorCode, string> = {
  media_too_large: 'The file is larger than is allowed',
  media_size_mismatch: 'The encrypted file does not have the size that its message states',
  media_hash_mismatch: 'The encrypted file does not have the hash that its message states',
  media_mac_mismatch: 'The encrypted file was not made with the key that its message holds',
  media_decryption_failed: 'The encrypted file does not decrypt',
  media_content_mismatch: 'The decrypted file does not have the hash or the length that its message states',
  media_file_unusable: 'A local file could not be read or written',
};

/** The one error of media encryption. */
export class MediaError extends Error {
  override readonly name = 'MediaError';

  constructor(readonly code: MediaErrorCode) {
    super(messages[code]);
  }
}
