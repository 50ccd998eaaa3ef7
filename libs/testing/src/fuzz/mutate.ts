import type { SeededRandom } from '../faults/checks/seeded-random.js';

/** Bytes that decide something in most formats: ends of ranges, signs, lengths. */
const telling = [0, 1, 2, 0x7f, 0x80, 0xf5, 0xf8, 0xf9, 0xfa, 0xfc, 0xfe, 0xff, 0x22, 0x26, 0x3c, 0x3e];
const longestRun = 32;

/** Arbitrary bytes, as often short as long. */
export function arbitraryBytes(random: SeededRandom, most: number): Uint8Array {
  const bytes = new Uint8Array(random.int(0, random.pick([4, 16, most])));
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.int(0, 255);
  return bytes;
}

/** A valid input with one to four damages: bytes changed, cut, doubled, moved in from another valid input. */
export function damaged(random: SeededRandom, corpus: readonly Uint8Array[]): Uint8Array {
  let bytes = Uint8Array.from(random.pick(corpus));
  for (let left = random.int(1, 4); left > 0; left--) bytes = damage(random, bytes, corpus);
  return bytes;
}

function damage(
  random: SeededRandom,
  bytes: Uint8Array<ArrayBuffer>,
  corpus: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const at = random.int(0, bytes.length);
  const end = Math.min(bytes.length, at + random.int(1, longestRun));
  switch (random.int(0, 5)) {
    case 0:
      return changed(bytes, at, random.int(0, 255));
    case 1:
      return changed(bytes, at, random.pick(telling));
    case 2:
      return changed(bytes, at, (bytes[at] ?? 0) ^ (1 << random.int(0, 7)));
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(end));
    case 4:
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    default: {
      const other = random.pick(corpus);
      const from = random.int(0, other.length);
      return joined(bytes.subarray(0, at), other.subarray(from, from + longestRun), bytes.subarray(at));
    }
  }
}

function changed(bytes: Uint8Array<ArrayBuffer>, at: number, value: number): Uint8Array<ArrayBuffer> {
  if (at < bytes.length) bytes[at] = value;
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
