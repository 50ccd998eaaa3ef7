/** Just enough DER (X.690) to write a certificate. */
const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};

export const der = {
  sequence: (...parts: readonly Uint8Array[]) => tagged(0x30, ...parts),
  set: (...parts: readonly Uint8Array[]) => tagged(0x31, ...parts),
  integer: (bytes: Uint8Array) => tagged(0x02, bytes),
  boolean: (value: boolean) => tagged(0x01, Buffer.from([value ? 0xff : 0])),
  bits: (bytes: Uint8Array, unused = 0) => tagged(0x03, Buffer.from([unused]), bytes),
  octets: (bytes: Uint8Array) => tagged(0x04, bytes),
  text: (value: string) => tagged(0x0c, Buffer.from(value, 'utf8')),
  /** GeneralizedTime, which a certificate may use for years from 2050 on and everybody reads before. */
  time: (at: Date) =>
    tagged(0x18, Buffer.from(`${at.toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')}Z`, 'latin1')),
  /** @param dotted such as `2.5.4.3` */
  oid(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
  },
  /** A context-specific tag around its parts. */
  context: (number: number, ...parts: readonly Uint8Array[]) => tagged(0xa0 | number, ...parts),
  /** A context-specific tag in place of a value's own. */
  implicit: (number: number, bytes: Uint8Array) => tagged(0x80 | number, bytes),
};

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}
