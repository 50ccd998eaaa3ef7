import { BinaryXmlError } from './binary-xml-error.js';
import { utf8Text } from './utf8.js';

/** A cursor over received bytes; every read is checked against what is left. */
export class Reader {
  private offset = 0;

  constructor(private readonly data: Uint8Array) {}

  get remaining(): number {
    return this.data.length - this.offset;
  }

  private advance(count: number): number {
    const at = this.offset;
    if (count > this.data.length - at) throw new BinaryXmlError('truncated');
    this.offset = at + count;
    return at;
  }

  private at(offset: number): number {
    return this.data[offset] as number;
  }

  byte(): number {
    const byte = this.data[this.offset];
    if (byte === undefined) throw new BinaryXmlError('truncated');
    this.offset++;
    return byte;
  }

  uint16(): number {
    const at = this.advance(2);
    return (this.at(at) << 8) | this.at(at + 1);
  }

  uint24(): number {
    const at = this.advance(3);
    return (this.at(at) << 16) | (this.at(at + 1) << 8) | this.at(at + 2);
  }

  uint32(): number {
    const at = this.advance(4);
    return this.at(at) * 2 ** 24 + ((this.at(at + 1) << 16) | (this.at(at + 2) << 8) | this.at(at + 3));
  }

  /** A copy of the next bytes. */
  copy(count: number): Uint8Array {
    const at = this.advance(count);
    const bytes = new Uint8Array(count);
    bytes.set(this.data.subarray(at, at + count));
    return bytes;
  }

  /** A view of the next bytes, valid as long as the input is. */
  view8(count: number): Uint8Array {
    const at = this.advance(count);
    return this.data.subarray(at, at + count);
  }

  /** The next bytes as UTF-8 text. @throws BinaryXmlError `truncated`, `bad_utf8` */
  text(count: number): string {
    const at = this.advance(count);
    return utf8Text(this.data, at, this.offset);
  }

  /** Skip these bytes if they come next. */
  skipIf(expected: Uint8Array): boolean {
    if (expected.length > this.remaining) return false;
    for (let i = 0; i < expected.length; i++) if (this.data[this.offset + i] !== expected[i]) return false;
    this.offset += expected.length;
    return true;
  }
}
