import { constants, deflateSync, inflateSync } from 'node:zlib';
import { BinaryXmlError } from './binary-xml-error.js';

const plain = 0x00;
const compressed = 0x02;

/** Put the flag byte before an encoded stanza; `zlib` compresses the body. */
export function packFrame(body: Uint8Array, form: 'plain' | 'zlib' = 'plain'): Uint8Array {
  const bytes = form === 'zlib' ? deflateSync(body) : body;
  const frame = Buffer.allocUnsafe(bytes.length + 1);
  frame[0] = form === 'zlib' ? compressed : plain;
  frame.set(bytes, 1);
  return frame;
}

/**
 * Take the flag byte off and inflate the body if it says so.
 *
 * @param maxBytes bound of the body after inflation, which stops as soon as it is passed
 * @throws BinaryXmlError `truncated`, `bad_flag`, `bad_compression`, `too_large`
 */
export function unpackFrame(frame: Uint8Array, maxBytes: number): Uint8Array {
  const flag = frame[0];
  if (flag === undefined) throw new BinaryXmlError('truncated');
  const body = frame.subarray(1);
  if (flag === plain) {
    if (body.length > maxBytes) throw new BinaryXmlError('too_large');
    return body;
  }
  if (flag !== compressed) throw new BinaryXmlError('bad_flag');
  try {
    return Uint8Array.from(inflateSync(body, { maxOutputLength: maxBytes }));
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    throw new BinaryXmlError(tooLarge ? 'too_large' : 'bad_compression');
  }
}

/** A stanza's tag and attributes take less; inflated, so many bytes stay below half a mebibyte. */
const startBytes = 512;

/**
 * The beginning of a frame's body that is too large as a whole: enough to read the stanza's head.
 *
 * @throws BinaryXmlError `truncated`, `bad_flag`, `bad_compression`
 */
export function unpackFrameStart(frame: Uint8Array): Uint8Array {
  const flag = frame[0];
  if (flag === undefined) throw new BinaryXmlError('truncated');
  if (flag === plain) return frame.subarray(1);
  if (flag !== compressed) throw new BinaryXmlError('bad_flag');
  try {
    const start = frame.subarray(1, 1 + startBytes);
    return Uint8Array.from(inflateSync(start, { finishFlush: constants.Z_SYNC_FLUSH }));
  } catch {
    throw new BinaryXmlError('bad_compression');
  }
}
