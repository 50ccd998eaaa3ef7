const seed = 0x9747b28c;
const m = 0x5bd1e995;

function mix(k: number): number {
  const multiplied = Math.imul(k, m);
  return Math.imul(multiplied ^ (multiplied >>> 24), m);
}

/** The 32-bit murmur2 hash with the seed of Kafka's default partitioner, as a signed number. */
export function murmur2(data: Uint8Array): number {
  const byte = (index: number): number => data[index] ?? 0;
  const whole = data.length - (data.length % 4);
  let hash = seed ^ data.length;
  for (let at = 0; at < whole; at += 4) {
    const block = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    hash = Math.imul(hash, m) ^ mix(block);
  }
  if (whole < data.length) {
    const rest = byte(whole) | (byte(whole + 1) << 8) | (byte(whole + 2) << 16);
    hash = Math.imul(hash ^ rest, m);
  }
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return hash ^ (hash >>> 15);
}
