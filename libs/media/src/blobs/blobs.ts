import type { Readable } from 'node:stream';

/** Bytes of a blob, both ends included, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Where encrypted blobs lie. Names are base64url; whoever knows a name of the store learns no reference by it. */
export interface Blobs {
  /**
   * Adds bytes to the end of a blob, which the first of them make. What arrived before the source failed stays.
   * @param offset the blob's present size
   * @returns the new size
   * @throws {BlobError} `blob_offset_conflict`, `blob_too_fragmented`, `blob_store_failed`; and the source's own error
   */
  append(name: string, offset: number, source: Readable): Promise<number>;
  /** @returns bytes, or undefined when there is no such blob. @throws {BlobError} `blob_store_failed` */
  size(name: string): Promise<number | undefined>;
  /** The bytes of a range. The stream fails with a BlobError when they are not there. */
  read(name: string, range: ByteRange): Readable;
  /** Removes a blob; one that is not there is no error. @throws {BlobError} `blob_store_failed` */
  remove(name: string): Promise<void>;
  close(): void;
}
