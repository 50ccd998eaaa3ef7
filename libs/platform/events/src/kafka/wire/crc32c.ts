/** Castagnoli's polynomial, bits reversed (RFC 3385). */
const polynomial = 0x82f63b78;
/** Bytes taken at once: one table lookup for each, but none waits for the one before. */
const stride = 8;
const tables = makeTables();

/** The CRC-32C of bytes `from` to `to` (RFC 3385), unsigned: what Kafka's record batches are checked with. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  let crc = -1;
  let at = from;
  for (; at + stride <= to; at += stride) {
    const low = crc ^ byteAt(at) ^ (byteAt(at + 1) << 8) ^ (byteAt(at + 2) << 16) ^ (byteAt(at + 3) << 24);
    crc =
      entry(7, low) ^
      entry(6, low >>> 8) ^
      entry(5, low >>> 16) ^
      entry(4, low >>> 24) ^
      entry(3, byteAt(at + 4)) ^
      entry(2, byteAt(at + 5)) ^
      entry(1, byteAt(at + 6)) ^
      entry(0, byteAt(at + 7));
  }
  for (; at < to; at++) crc = entry(0, crc ^ byteAt(at)) ^ (crc >>> 8);
  return ~crc >>> 0;

  function byteAt(index: number): number {
    return bytes[index] as number;
  }
}

/** The remainder of a byte that `table` more bytes follow. */
function entry(table: number, byte: number): number {
  return tables[(table << 8) | (byte & 0xff)] as number;
}

function makeTables(): Int32Array {
  const made = new Int32Array(stride << 8);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    made[byte] = crc;
  }
  for (let index = 256; index < made.length; index++) {
    const before = made[index - 256] as number;
    made[index] = (before >>> 8) ^ (made[before & 0xff] as number);
  }
  return made;
}
