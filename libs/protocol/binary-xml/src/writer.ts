import { BinaryXmlError } from './binary-xml-error.js';

/** Kept from one stanza to the next; a larger one gets a buffer of its own, which is not kept. */
const keptBytes = 16_384;
/** Up to here a loop in JavaScript is faster than a call into the encoder. */
const shortText = 24;

// By reference: once any library of the process extends String, V8 looks this method up anew for each character.
const { charCodeAt } = String.prototype;

let kept: Buffer | undefined;

/** A growing buffer with a bound. One at a time has the buffer that is kept; `finish` gives it back. */
export class Writer {
  private buffer = kept ?? Buffer.allocUnsafeSlow(keptBytes);
  private length = 0;

  constructor(private readonly maxBytes: number) {
    kept = undefined;
  }

  private reserve(count: number): number {
    const start = this.length;
    const end = start + count;
    if (end > this.maxBytes) throw new BinaryXmlError('too_large');
    if (end > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.buffer.length));
      this.buffer.copy(grown, 0, 0, start);
      this.buffer = grown;
    }
    this.length = end;
    return start;
  }

  byte(value: number): void {
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  twoBytes(first: number, second: number): void {
    const at = this.reserve(2);
    this.buffer[at] = first;
    this.buffer[at + 1] = second;
  }

  /** Unsigned big-endian integer of 2, 3 or 4 bytes. */
  integer(value: number, size: 2 | 3 | 4): void {
    const at = this.reserve(size);
    this.buffer.writeUIntBE(value, at, size);
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
  }

  /** Text whose UTF-8 form has exactly this many bytes. */
  utf8(text: string, bytes: number): void {
    const at = this.reserve(bytes);
    if (bytes !== text.length || bytes > shortText) {
      this.buffer.write(text, at, bytes, bytes === text.length ? 'latin1' : 'utf8');
      return;
    }
    for (let i = 0; i < bytes; i++) this.buffer[at + i] = charCodeAt.call(text, i);
  }

  /** A copy of what was written. It comes from Node's pool of small buffers: no memory of its own has to be freed. */
  finish(): Uint8Array {
    const result = Buffer.allocUnsafe(this.length);
    this.buffer.copy(result, 0, 0, this.length);
    if (this.buffer.length === keptBytes) kept = this.buffer;
    return result;
  }
}
