import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ContentError } from './errors.js';

/** Largest encoded message, in bytes, that is read or written. */
export const maxContentBytes = 256 * 1024;

/** Deepest nesting of messages that is read: a quoted message may quote another one. */
export const maxContentDepth = 100;

/**
 * Reads one protobuf message within the bounds above; unknown fields are kept and written again.
 * @throws ContentError `content_too_large`, `content_too_deep` or `content_malformed`
 */
export function decodeBounded<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  if (bytes.byteLength > maxContentBytes) throw new ContentError('content_too_large');
  try {
    return fromBinary(schema, bytes, { readUnknownFields: true, recursionLimit: maxContentDepth });
  } catch (error) {
    throw closed(error);
  }
}

/**
 * Writes one protobuf message of at most 256 KiB, unknown fields included. Depth is the reader's to judge; a value
 * nested so deep that the stack runs out is refused as `content_too_deep`.
 * @throws ContentError `content_too_large`, `content_too_deep` or `content_malformed`
 */
export function encodeBounded<D extends DescMessage>(
  schema: D,
  value: MessageInitShape<D> | MessageShape<D>,
): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = toBinary(schema, create(schema, value as MessageInitShape<D>));
  } catch (error) {
    throw closed(error);
  }
  if (bytes.byteLength > maxContentBytes) throw new ContentError('content_too_large');
  return bytes;
}

/** The reader tells nesting beyond its limit, and the writer a stack that ran out, only by the text of the error. */
function closed(error: unknown): ContentError {
  const text = error instanceof Error ? error.message : '';
  return new ContentError(
    /recursion depth|call stack/i.test(text) ? 'content_too_deep' : 'content_malformed',
  );
}
