import { isAscii, isUtf8 } from 'node:buffer';

/** Bytes of the longest character. */
const longestCharacter = 4;
const none = Buffer.alloc(0);

/** Text of a stream of UTF-8 bytes that is cut anywhere. Holds at most the first bytes of one character. */
export class Utf8Stream {
  private held = none;
  private broken = false;

  /** True once bytes came that are not UTF-8; the text before them has been given out. */
  get isBroken(): boolean {
    return this.broken;
  }

  /** The text that these bytes complete, up to the first that is not UTF-8. */
  take(bytes: Uint8Array): string {
    const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (this.held.length === 0 && isAscii(given)) return given.toString('latin1');
    const all = this.held.length === 0 ? given : Buffer.concat([this.held, given]);
    const whole = all.subarray(0, completeEnd(all));
    this.held = whole.length === all.length ? none : Buffer.from(all.subarray(whole.length));
    if (isUtf8(whole)) return whole.toString('utf8');
    this.broken = true;
    return validPart(whole).toString('utf8');
  }
}

/** Where the last whole character ends, if the rest can become one. */
function completeEnd(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back < longestCharacter && back <= length; back++) {
    const byte = bytes[length - back] as number;
    if (byte < 0x80) return length;
    // A continuation byte: the character began before.
    if (byte < 0xc0) continue;
    if (!beginsCharacter(byte)) return length;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needs > back ? length - back : length;
  }
  return length;
}

/** Whether a character of several bytes can begin with this one (RFC 3629, 4). */
function beginsCharacter(byte: number): boolean {
  return byte >= 0xc2 && byte <= 0xf4;
}

/** The longest beginning that is UTF-8, up to three characters less. */
function validPart(bytes: Buffer): Buffer {
  const upTo = (end: number) => bytes.subarray(0, completeEnd(bytes.subarray(0, end)));
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(upTo(middle))) good = middle;
    else bad = middle;
  }
  return upTo(good);
}
