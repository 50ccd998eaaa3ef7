import { NoiseError } from '../noise-error.js';

const lengthBytes = 3;
/** What every reader has between two frames: thousands of idle connections have a reader each. */
const noBytes = new Uint8Array();
/** What the length field can say. */
export const maxFrameBytes = 2 ** 24 - 1;

/**
 * Put the 3-byte big-endian length before a message.
 *
 * @throws NoiseError `frame_too_large`
 */
export function writeFrame(body: Uint8Array): Uint8Array {
  if (body.length > maxFrameBytes) throw new NoiseError('frame_too_large');
  const frame = Buffer.allocUnsafe(lengthBytes + body.length);
  frame.writeUIntBE(body.length, 0, lengthBytes);
  frame.set(body, lengthBytes);
  return frame;
}

/**
 * Puts frames together from chunks that may hold a part of one or several. Holds at most one unfinished frame; an
 * announced length above the bound is refused before its bytes arrive.
 */
export class FrameReader {
  private headerFilled = 0;
  private body = noBytes;
  private bodyFilled = 0;
  private bodyBytes = 0;

  /**
   * @param maxBytes bound of one frame's body, until `limitTo` says another
   * @param minBytes least size of a body that can mean anything, so that a flood of empty frames is refused unread
   */
  constructor(
    private maxBytes: number,
    private readonly minBytes = 0,
  ) {}

  /** From the next frame on: the other side may send more once it is authenticated. */
  limitTo(maxBytes: number): void {
    this.maxBytes = maxBytes;
  }

  /**
   * The frames that this chunk completes. Their bytes are copies.
   *
   * @throws NoiseError `frame_too_large`, `frame_too_small`; the stream has no further meaning then
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.headerFilled < lengthBytes ? this.takeHeader(rest) : this.takeBody(rest);
      if (this.headerFilled === lengthBytes && this.bodyFilled === this.bodyBytes) {
        frames.push(this.body.subarray(0, this.bodyBytes));
        this.body = noBytes;
        this.bodyFilled = 0;
        this.bodyBytes = 0;
        this.headerFilled = 0;
      }
    }
    return frames;
  }

  private takeHeader(chunk: Uint8Array): Uint8Array {
    const count = Math.min(lengthBytes - this.headerFilled, chunk.length);
    for (const byte of chunk.subarray(0, count)) this.bodyBytes = this.bodyBytes * 256 + byte;
    this.headerFilled += count;
    if (this.headerFilled === lengthBytes) {
      if (this.bodyBytes > this.maxBytes) throw new NoiseError('frame_too_large');
      if (this.bodyBytes < this.minBytes) throw new NoiseError('frame_too_small');
    }
    return chunk.subarray(count);
  }

  private takeBody(chunk: Uint8Array): Uint8Array {
    const count = Math.min(this.bodyBytes - this.bodyFilled, chunk.length);
    const filled = this.bodyFilled + count;
    // Grown as bytes arrive: an announced length alone claims no memory.
    if (filled > this.body.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(filled, 2 * this.body.length), this.bodyBytes));
      grown.set(this.body.subarray(0, this.bodyFilled));
      this.body = grown;
    }
    this.body.set(chunk.subarray(0, count), this.bodyFilled);
    this.bodyFilled = filled;
    return chunk.subarray(count);
  }
}
