import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { MediaError } from './errors.js';
import type { MediaKeys, MediaKind } from './keys.js';
import { blobLength, deriveMediaKeys, macLength } from './keys.js';

/** What a message says about its file; see `MediaReference` of the content library. */
export interface ExpectedFile {
  readonly mediaKey: Uint8Array;
  readonly fileSha256: Uint8Array;
  readonly fileEncSha256: Uint8Array;
  readonly fileLength: number;
}

/**
 * Checks a downloaded blob and decrypts it. The target appears only when every check has passed: size, hash of the
 * blob, MAC, decryption, hash and length of the file. Memory use does not depend on the file's size.
 * @throws MediaError
 */
export async function decryptFile(options: {
  readonly source: string;
  readonly target: string;
  readonly kind: MediaKind;
  readonly expected: ExpectedFile;
}): Promise<void> {
  const { source, target, kind, expected } = options;
  const keys = deriveMediaKeys(expected.mediaKey, kind);
  const partial = `${target}.partial`;
  try {
    await verifyBlob(source, keys, expected);
    await decryptBlob(source, partial, keys, expected);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error instanceof MediaError ? error : new MediaError('media_file_unusable');
  }
}

async function verifyBlob(source: string, keys: MediaKeys, expected: ExpectedFile): Promise<void> {
  const size = blobLength(expected.fileLength);
  if ((await stat(source)).size !== size) throw new MediaError('media_size_mismatch');
  const hash = createHash('sha256');
  const mac = createHmac('sha256', keys.macKey).update(keys.iv);
  const ciphertextEnd = size - macLength;
  const stated: Buffer[] = [];
  let position = 0;
  for await (const chunk of createReadStream(source) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    const inside = Math.max(0, Math.min(chunk.byteLength, ciphertextEnd - position));
    mac.update(chunk.subarray(0, inside));
    if (inside < chunk.byteLength) stated.push(chunk.subarray(inside));
    position += chunk.byteLength;
  }
  if (!equal(hash.digest(), expected.fileEncSha256)) throw new MediaError('media_hash_mismatch');
  if (!equal(mac.digest().subarray(0, macLength), Buffer.concat(stated)))
    throw new MediaError('media_mac_mismatch');
}

async function decryptBlob(
  source: string,
  target: string,
  keys: MediaKeys,
  expected: ExpectedFile,
): Promise<void> {
  const hash = createHash('sha256');
  let length = 0;
  async function* plain(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const decipher = createDecipheriv('aes-256-cbc', keys.cipherKey, keys.iv);
    for await (const chunk of chunks) yield noted(decipher.update(chunk));
    yield noted(finish(decipher));
  }
  function noted(bytes: Buffer): Buffer {
    hash.update(bytes);
    length += bytes.byteLength;
    return bytes;
  }
  const end = blobLength(expected.fileLength) - macLength - 1;
  await pipeline(createReadStream(source, { end }), plain, createWriteStream(target, { mode: 0o600 }));
  if (length !== expected.fileLength || !equal(hash.digest(), expected.fileSha256)) {
    throw new MediaError('media_content_mismatch');
  }
}

function finish(decipher: { final(): Buffer }): Buffer {
  try {
    return decipher.final();
  } catch {
    throw new MediaError('media_decryption_failed');
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
