import { FrameReader, writeFrame } from '@causeway/noise';

const maxFrameBytes = 1 << 20;
/** The client's connection header comes before its first frame. */
export const headerBytes = 4;

/**
 * Frames over a peer's standard input and output.
 * @param {import('node:stream').Writable} input of the peer
 * @param {import('node:stream').Readable} output of the peer
 * @param {number} leading bytes before the first frame
 */
export function frameStream(input, output, leading) {
  const reader = new FrameReader(maxFrameBytes);
  const chunks = output[Symbol.asyncIterator]();
  /** @type {Uint8Array[]} */
  const frames = [];
  let header = Buffer.alloc(0);
  const more = async () => {
    const { value, done } = await chunks.next();
    if (done) throw new Error('the peer ended the conversation');
    const missing = leading - header.length;
    header = Buffer.concat([header, value.subarray(0, missing)]);
    frames.push(...reader.push(value.subarray(missing)));
  };
  return {
    header: () => header,
    /** @returns {Promise<Uint8Array>} */
    async receive() {
      while (frames.length === 0) await more();
      return /** @type {Uint8Array} */ (frames.shift());
    },
    /** @param {Uint8Array} body */
    send(body) {
      input.write(writeFrame(body));
    },
  };
}
