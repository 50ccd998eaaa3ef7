/** Reads the types of Kafka's protocol one behind the other. Throws RangeError at the end of the bytes. */
export class ByteReader {
  private position: number;

  /** Reads the bytes from `start` to `end`. */
  constructor(
    private readonly bytes: Buffer,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.position = start;
  }

  get at(): number {
    return this.position;
  }

  get left(): number {
    return this.end - this.position;
  }

  int8(): number {
    return this.bytes.readInt8(this.take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.take(8));
  }

  /** A part of the bytes, which is passed over. */
  part(length: number): ByteReader {
    const start = this.take(length);
    return new ByteReader(this.bytes, start, start + length);
  }

  /** An integer of up to 32 bits in zigzag, seven bits a byte, the low ones first. */
  varint(): number {
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.take(1)] as number;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result >>> 1) ^ -(result & 1);
    }
  }

  /** Passes over an integer of any width. */
  skipVarint(): void {
    while ((this.bytes[this.take(1)] as number) >= 0x80);
  }

  /** A text behind its length in 16 bits. */
  string(): string {
    const length = this.int16();
    const start = this.take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /**
   * A text behind its length as a varint; undefined where the length is negative: null.
   * @param likely what it probably is: to compare costs less than to make a text anew
   */
  varintText(likely?: string): string | undefined {
    const length = this.varint();
    if (length < 0) return undefined;
    const start = this.take(length);
    if (likely !== undefined && this.isAscii(start, length, likely)) return likely;
    return this.bytes.toString('utf8', start, start + length);
  }

  private isAscii(start: number, length: number, text: string): boolean {
    if (text.length !== length) return false;
    for (let index = 0; index < length; index++) {
      const byte = this.bytes[start + index] as number;
      if (byte > 0x7f || byte !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  private take(length: number): number {
    const start = this.position;
    if (length < 0 || length > this.end - start) throw new RangeError('a record ends too early');
    this.position = start + length;
    return start;
  }
}
