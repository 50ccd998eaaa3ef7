const seed = 0x9747b28c;
const m = 0x5bd1e995;

function mix(k: number): number {
  const multiplied = Math.imul(k, m);
  return Math.imul(multiplied ^ (multiplied >>> 24), m);
}

/** The 32-bit murmur2 hash with the seed of Kafka's default partitioner, as a signed number. */
export function murmur2(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const blocks = data.byteLength >> 2;
  let hash = seed ^ data.byteLength;
  for (let block = 0; block < blocks; block++) {
    hash = Math.imul(hash, m) ^ mix(view.getInt32(block * 4, true));
  }
  const tail = data.subarray(blocks * 4);
  if (tail.byteLength > 0) {
    let rest = 0;
    tail.forEach((byte, index) => (rest |= byte << (8 * index)));
    hash = Math.imul(hash ^ rest, m);
  }
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return hash ^ (hash >>> 15);
}
