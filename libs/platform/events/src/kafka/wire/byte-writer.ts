/** Bytes that a variable-length integer of 32 bits takes at most. */
const maxVarint = 5;
/** Bytes that one of UTF-16's units takes at most in UTF-8. */
const maxUnitBytes = 3;
/** A text of fewer bytes has a length of one byte. */
const shortText = 64;

/** Writes the types of Kafka's protocol one behind the other, and grows when they are more than was expected. */
export class ByteWriter {
  private buffer: Buffer;
  private end = 0;

  /** @param expected bytes that will be written, roughly */
  constructor(expected: number) {
    this.buffer = Buffer.allocUnsafe(expected);
  }

  /** What was written; shares its memory with the writer. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.end);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.end;
  }

  int8(value: number): void {
    this.reserve(1);
    this.end = this.buffer.writeInt8(value, this.end);
  }

  int16(value: number): void {
    this.reserve(2);
    this.end = this.buffer.writeInt16BE(value, this.end);
  }

  int32(value: number): void {
    this.reserve(4);
    this.end = this.buffer.writeInt32BE(value, this.end);
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.end = this.buffer.writeBigInt64BE(value, this.end);
  }

  /** A text behind its length in 16 bits; -1 and nothing for null. */
  string(value: string | null): void {
    this.int16(value === null ? -1 : Buffer.byteLength(value));
    this.text(value ?? '');
  }

  /** Zigzag, then seven bits a byte, the low ones first. */
  varint(value: number): void {
    this.reserve(maxVarint);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.buffer[this.end++] = (rest & 0x7f) | 0x80;
    this.buffer[this.end++] = rest;
  }

  /** A text behind its length as a varint; -1 and nothing for null. */
  varintText(value: string | null): void {
    // Most are short and ASCII: to write those here costs less than a call into Node.
    if (value !== null && value.length < shortText && this.shortAscii(value)) return;
    this.varint(value === null ? -1 : Buffer.byteLength(value));
    this.text(value ?? '');
  }

  /** Puts the length of what was written since `start` in front of it, as a varint. */
  insertVarintLength(start: number): void {
    const { end } = this;
    this.varint(end - start);
    const width = this.end - end;
    this.buffer.copyWithin(start + width, start, end);
    this.end = start;
    this.varint(end - start);
    this.end = end + width;
  }

  /** Writes over four bytes that are there. */
  setUInt32(value: number, at: number): void {
    this.buffer.writeUInt32BE(value, at);
  }

  private text(value: string): void {
    this.reserve(value.length * maxUnitBytes);
    this.end += this.buffer.write(value, this.end);
  }

  /** Writes a text of ASCII characters behind its length; for any other returns false and writes nothing. */
  private shortAscii(value: string): boolean {
    this.reserve(1 + value.length);
    const start = this.end + 1;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      this.buffer[start + index] = code;
    }
    // A length below 64 is one byte: itself, doubled.
    this.buffer[this.end] = value.length << 1;
    this.end = start + value.length;
    return true;
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(larger, 0, 0, this.end);
    this.buffer = larger;
  }
}
