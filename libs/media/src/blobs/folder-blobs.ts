import { createReadStream, mkdirSync } from 'node:fs';
import { mkdir, open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { BlobError, blobError } from './blobs.errors.js';
import type { Blobs, ByteRange } from './blobs.js';

const NAME = /^[\w-]{8,128}$/;

/** Blobs as files of a folder, for one process. */
export class FolderBlobs implements Blobs {
  /** @throws {Error} when the folder is not there and cannot be made */
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  async append(name: string, offset: number, source: Readable): Promise<number> {
    const path = this.#path(name);
    let file: FileHandle;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Opened without truncation; made only by the first bytes.
      file = await open(path, offset === 0 ? 'a' : 'r+', 0o600);
    } catch (error) {
      throw blobError(isMissing(error) ? 'blob_offset_conflict' : 'blob_store_failed', error);
    }
    try {
      return await this.#write(file, offset, source);
    } finally {
      await file.close();
    }
  }

  async size(name: string): Promise<number | undefined> {
    try {
      return (await stat(this.#path(name))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw blobError('blob_store_failed', error);
    }
  }

  read(name: string, { start, end }: ByteRange): Readable {
    const body = new PassThrough();
    const file = createReadStream(this.#path(name), { start, end });
    file.on('error', (error) =>
      body.destroy(blobError(isMissing(error) ? 'blob_missing' : 'blob_store_failed', error)),
    );
    return pipeline(file, body, () => undefined);
  }

  async remove(name: string): Promise<void> {
    try {
      await unlink(this.#path(name));
    } catch (error) {
      if (!isMissing(error)) throw blobError('blob_store_failed', error);
    }
  }

  close(): void {
    // Nothing is held open between calls.
  }

  async #write(file: FileHandle, offset: number, source: Readable): Promise<number> {
    const { size } = await file.stat();
    if (size !== offset) throw new BlobError('blob_offset_conflict');
    let end = offset;
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        await writeAll(file, chunk, end);
        end += chunk.byteLength;
      }
    } finally {
      await syncTo(file);
    }
    return end;
  }

  #path(name: string): string {
    if (!NAME.test(name)) throw new BlobError('blob_missing');
    return join(this.folder, name.slice(0, 2), name);
  }
}

async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  try {
    for (let done = 0; done < chunk.byteLength;) {
      const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, position + done);
      done += bytesWritten;
    }
  } catch (error) {
    throw blobError('blob_store_failed', error);
  }
}

/** An acknowledged byte must survive a power cut. */
async function syncTo(file: FileHandle): Promise<void> {
  try {
    await file.datasync();
  } catch (error) {
    throw blobError('blob_store_failed', error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
