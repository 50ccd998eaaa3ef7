import { SimulatorError } from '../errors.js';

const prefix = 3;
/** Pieces of an unfinished frame that are kept apart. */
const mostPieces = 1024;

/** One frame: its length in 3 bytes big-endian, then the body. */
export function frame(body: Uint8Array): Uint8Array {
  if (body.length > 0xffffff)
    throw new SimulatorError('frame_too_large', 'frame is longer than its length field');
  const size = body.length;
  return Buffer.concat([Uint8Array.of(size >> 16, (size >> 8) & 0xff, size & 0xff), body]);
}

/**
 * Cuts a byte stream into frames, however it was split over WebSocket messages. Before the first frame it
 * expects `header` once, optionally behind an edge routing intro (`ED` 00 01, 3-byte length, blob).
 */
export class FrameReader {
  #held: Uint8Array[] = [];
  #size = 0;
  #headerSeen = false;
  /** Nothing is joined before this many bytes are held, so that tiny pieces cost no quadratic copying. */
  #need = 0;

  constructor(
    private readonly header: Uint8Array,
    private readonly maxBytes: number,
  ) {}

  /** Throws SimulatorError `frame_too_large`, or `login_malformed` when the header is not the expected one. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#held.push(bytes);
    this.#size += bytes.length;
    if (this.#held.length > mostPieces) this.#joined();
    const frames: Uint8Array[] = [];
    if (this.#size < this.#need) return frames;
    if (!this.#headerSeen && !this.#readHeader()) return frames;
    for (let length = this.#peekLength(0); length !== undefined; length = this.#peekLength(0)) {
      if (length > this.maxBytes) throw new SimulatorError('frame_too_large', 'frame is beyond the limit');
      this.#need = prefix + length;
      if (this.#size < this.#need) break;
      frames.push(this.#take(this.#need).subarray(prefix));
      this.#need = 0;
    }
    return frames;
  }

  #readHeader(): boolean {
    const start = this.#joined();
    if (start[0] === 0x45) {
      if (start.length < 4) return false;
      if (Buffer.compare(start.subarray(0, 4), Uint8Array.of(0x45, 0x44, 0, 1)) !== 0) this.#refuse();
      const length = this.#peekLength(4);
      if (length === undefined) return false;
      if (length > 1024) this.#refuse();
      if (this.#size < 4 + prefix + length + this.header.length) return false;
      this.#take(4 + prefix + length);
    }
    const given = this.#joined().subarray(0, this.header.length);
    if (Buffer.compare(given, this.header.subarray(0, given.length)) !== 0) this.#refuse();
    if (given.length < this.header.length) return false;
    this.#take(this.header.length);
    this.#headerSeen = true;
    return true;
  }

  #refuse(): never {
    throw new SimulatorError('login_malformed', 'the stream does not begin with the connection header');
  }

  #peekLength(at: number): number | undefined {
    if (this.#size < at + prefix) return undefined;
    const bytes = this.#joined();
    return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  }

  #take(count: number): Uint8Array {
    const all = this.#joined();
    this.#held = [all.subarray(count)];
    this.#size -= count;
    return all.subarray(0, count);
  }

  #joined(): Uint8Array {
    if (this.#held.length !== 1) this.#held = [Buffer.concat(this.#held)];
    return this.#held[0] as Uint8Array;
  }
}
