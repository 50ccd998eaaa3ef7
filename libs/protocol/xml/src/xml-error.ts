/** Why a stream or a stanza is refused. */
export type XmlErrorCode =
  | 'malformed'
  /** A document type, a processing instruction or a comment (RFC 6120 11.1). */
  | 'restricted'
  | 'bad_encoding'
  | 'too_large'
  | 'too_deep'
  | 'too_many_elements'
  | 'too_many_attributes'
  | 'duplicate_attribute'
  /** Text beside child elements, which a stanza cannot hold. */
  | 'mixed_content'
  /** Data after an error or after the end of the stream. */
  | 'closed'
  | 'not_encodable';

const conditions: Partial<Record<XmlErrorCode, string>> = {
  malformed: 'not-well-formed',
  restricted: 'restricted-xml',
  bad_encoding: 'unsupported-encoding',
  duplicate_attribute: 'not-well-formed',
  mixed_content: 'bad-format',
};

/** The one error of this library. Its message holds the code alone, never a part of the stream. */
export class XmlError extends Error {
  override readonly name = 'XmlError';

  constructor(readonly code: XmlErrorCode) {
    super(`XML: ${code}`);
  }

  /** The stream error condition to answer with (RFC 6120 4.9.3); limits are a matter of policy. */
  get condition(): string {
    return conditions[this.code] ?? 'policy-violation';
  }
}
