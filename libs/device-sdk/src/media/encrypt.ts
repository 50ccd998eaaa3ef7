import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { MediaError } from './errors.js';
import type { MediaKind } from './keys.js';
import { deriveMediaKeys, macLength } from './keys.js';
import { Sidecar } from './sidecar.js';

/** What a message must say about an encrypted file. Hashes are SHA-256. */
export interface EncryptedFile {
  readonly mediaKey: Uint8Array;
  readonly fileSha256: Uint8Array;
  readonly fileEncSha256: Uint8Array;
  readonly fileLength: number;
  readonly streamingSidecar?: Uint8Array;
}

/**
 * Encrypts a file into a blob: AES-256-CBC, then the first 10 bytes of HMAC-SHA256(IV ‖ ciphertext). Memory use does
 * not depend on the file's size.
 * @param options.maxBytes largest file that is taken
 * @param options.mediaKey 32 bytes; random unless a test fixes it
 * @throws MediaError `media_too_large`, `media_file_unusable`
 */
export async function encryptFile(options: {
  readonly source: string;
  readonly target: string;
  readonly kind: MediaKind;
  readonly maxBytes: number;
  readonly mediaKey?: Uint8Array;
}): Promise<EncryptedFile> {
  const { source, target, kind, maxBytes, mediaKey = randomBytes(32) } = options;
  const work = new Encryption(mediaKey, kind, maxBytes);
  try {
    if ((await stat(source)).size > maxBytes) throw new MediaError('media_too_large');
    const sink = createWriteStream(target, { mode: 0o600 });
    await pipeline(createReadStream(source), (chunks: AsyncIterable<Buffer>) => work.blobOf(chunks), sink);
  } catch (error) {
    throw error instanceof MediaError ? error : new MediaError('media_file_unusable');
  }
  return work.result();
}

class Encryption {
  private readonly plain = createHash('sha256');
  private readonly blob = createHash('sha256');
  private readonly keys;
  private readonly sidecar: Sidecar | undefined;
  private length = 0;

  constructor(
    private readonly mediaKey: Uint8Array,
    kind: MediaKind,
    private readonly maxBytes: number,
  ) {
    this.keys = deriveMediaKeys(mediaKey, kind);
    if (kind === 'audio' || kind === 'video') this.sidecar = new Sidecar(this.keys.macKey);
  }

  async *blobOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { iv, cipherKey, macKey } = this.keys;
    const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
    const mac = createHmac('sha256', macKey).update(iv);
    for await (const chunk of chunks) {
      this.length += chunk.byteLength;
      // The file may have grown since its size was looked at.
      if (this.length > this.maxBytes) throw new MediaError('media_too_large');
      this.plain.update(chunk);
      yield this.noted(cipher.update(chunk), mac);
    }
    yield this.noted(cipher.final(), mac);
    yield this.noted(mac.digest().subarray(0, macLength));
  }

  result(): EncryptedFile {
    return {
      mediaKey: this.mediaKey,
      fileSha256: this.plain.digest(),
      fileEncSha256: this.blob.digest(),
      fileLength: this.length,
      ...(this.sidecar && { streamingSidecar: this.sidecar.digest() }),
    };
  }

  private noted(bytes: Buffer, mac?: { update(bytes: Buffer): unknown }): Buffer {
    mac?.update(bytes);
    this.blob.update(bytes);
    this.sidecar?.update(bytes);
    return bytes;
  }
}
