import { Readable } from 'node:stream';
import { limits } from '@causeway/limits';
import { BlobError } from './blobs.errors.js';
import type { Blobs, ByteRange } from './blobs.js';
import type { S3Bucket } from './s3-bucket.js';
import { chainOf, endOf, segmentKey, type Segment } from './segments.js';

const MAX_SEGMENTS = limits.mediaSegments.value;

/**
 * Blobs in an S3-compatible bucket. A blob is a row of objects, each named by where it begins, so that an upload can
 * go on anywhere (a multipart upload's parts have a least size, and what is in them cannot be read before the end).
 */
export class S3Blobs implements Blobs {
  /** @param segmentBytes the largest part, which is held in memory while it comes in */
  constructor(
    private readonly bucket: S3Bucket,
    private readonly segmentBytes: number = limits.mediaChunkBytes.value,
  ) {}

  async append(name: string, offset: number, source: Readable): Promise<number> {
    const chain = await this.#chain(name);
    if (endOf(chain) !== offset) throw new BlobError('blob_offset_conflict');
    if (chain.length >= MAX_SEGMENTS) throw new BlobError('blob_too_fragmented');
    let end = offset;
    let held: Buffer[] = [];
    let heldBytes = 0;
    const store = async (): Promise<void> => {
      if (heldBytes === 0) return;
      const body = Buffer.concat(held);
      [held, heldBytes] = [[], 0];
      await this.bucket.putNew(segmentKey(name, end), body);
      end += body.byteLength;
    };
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        held.push(chunk);
        heldBytes += chunk.byteLength;
        if (heldBytes >= this.segmentBytes) await store();
      }
    } finally {
      // Also when the source failed: the sender goes on from here.
      await store();
    }
    return end;
  }

  async size(name: string): Promise<number | undefined> {
    const chain = await this.#chain(name);
    return chain.length === 0 ? undefined : endOf(chain);
  }

  read(name: string, range: ByteRange): Readable {
    return Readable.from(this.#bytes(name, range), { objectMode: false });
  }

  async remove(name: string): Promise<void> {
    const stored = await this.bucket.list(`${name}/`, Infinity);
    // Backwards, so that what a crash leaves is a shorter blob and not one with a hole.
    for (const { key } of stored.toReversed()) await this.bucket.remove(key);
  }

  close(): void {
    this.bucket.close();
  }

  async #chain(name: string): Promise<readonly Segment[]> {
    return chainOf(await this.bucket.list(`${name}/`, MAX_SEGMENTS * 2));
  }

  async *#bytes(name: string, { start, end }: ByteRange): AsyncGenerator<Buffer> {
    const chain = await this.#chain(name);
    if (endOf(chain) <= end) throw new BlobError('blob_missing');
    for (const { key, offset, size } of chain) {
      if (offset > end || offset + size <= start) continue;
      const part = { start: Math.max(start - offset, 0), end: Math.min(end - offset, size - 1) };
      yield* await this.bucket.get(key, part);
    }
  }
}
