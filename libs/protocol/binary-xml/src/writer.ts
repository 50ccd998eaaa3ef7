import { BinaryXmlError } from './binary-xml-error.js';

/** A growing buffer with a bound. */
export class Writer {
  private buffer = Buffer.allocUnsafe(256);
  private length = 0;

  constructor(private readonly maxBytes: number) {}

  private reserve(count: number): number {
    const start = this.length;
    const end = start + count;
    if (end > this.maxBytes) throw new BinaryXmlError('too_large');
    if (end > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(end, 2 * this.buffer.length), this.maxBytes));
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

  /** Unsigned big-endian integer of 2, 3 or 4 bytes. */
  integer(value: number, size: 2 | 3 | 4): void {
    const at = this.reserve(size);
    this.buffer.writeUIntBE(value, at, size);
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.buffer.subarray(0, this.length));
  }
}
