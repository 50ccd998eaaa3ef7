/** What is wrong with the bytes, the stanza or the dictionary. */
export type BinaryXmlErrorCode =
  | 'truncated'
  | 'trailing_bytes'
  | 'bad_tag'
  | 'bad_token'
  | 'bad_packed'
  | 'bad_jid'
  | 'bad_utf8'
  | 'bad_element'
  | 'duplicate_attribute'
  | 'too_deep'
  | 'too_many_elements'
  | 'too_many_attributes'
  | 'too_large'
  | 'bad_flag'
  | 'bad_compression'
  | 'not_encodable'
  | 'bad_dictionary';

/** The one error of this library. Its message holds the code alone, never a part of the stanza. */
export class BinaryXmlError extends Error {
  override readonly name = 'BinaryXmlError';

  constructor(readonly code: BinaryXmlErrorCode) {
    super(`binary XML: ${code}`);
  }
}
