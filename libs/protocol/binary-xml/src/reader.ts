import { BinaryXmlError } from './binary-xml-error.js';

/** A cursor over received bytes; every read is checked against what is left. */
export class Reader {
  private offset = 0;
  private readonly view: DataView;

  constructor(private readonly data: Uint8Array) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get remaining(): number {
    return this.data.length - this.offset;
  }

  private advance(count: number): number {
    if (count > this.remaining) throw new BinaryXmlError('truncated');
    const at = this.offset;
    this.offset += count;
    return at;
  }

  byte(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2));
  }

  uint24(): number {
    return (this.byte() << 16) | this.uint16();
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4));
  }

  /** A view of the next bytes, valid as long as the input is. */
  view8(count: number): Uint8Array {
    const at = this.advance(count);
    return this.data.subarray(at, at + count);
  }

  /** Skip these bytes if they come next. */
  skipIf(expected: Uint8Array): boolean {
    if (expected.length > this.remaining) return false;
    if (!expected.every((byte, i) => this.data[this.offset + i] === byte)) return false;
    this.offset += expected.length;
    return true;
  }
}
