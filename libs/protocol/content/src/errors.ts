/** Everything that can be wrong with bytes or values handed to this library. */
export type ContentErrorCode =
  | 'content_malformed'
  | 'content_too_large'
  | 'content_too_deep'
  | 'content_empty'
  | 'media_reference_invalid'
  | 'text_malformed'
  | 'padding_invalid';

const messages: Record<ContentErrorCode, string> = {
  content_malformed: 'The bytes are not a valid message',
  content_too_large: 'The message is larger than 256 KiB',
  content_too_deep: 'The message is nested more than 100 levels deep',
  content_empty: 'The message holds no content',
  media_reference_invalid:
    'The media reference lacks a key, a hash or a path, or one of them has a wrong size',
  text_malformed: 'The text is not well-formed Unicode',
  padding_invalid: 'The padding does not match its length byte',
};

/** The one error of this library. The message never repeats any part of the content. */
export class ContentError extends Error {
  override readonly name = 'ContentError';

  constructor(readonly code: ContentErrorCode) {
    super(messages[code]);
  }
}
