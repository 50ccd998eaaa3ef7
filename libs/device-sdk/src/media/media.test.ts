import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { decryptFile } from './decrypt.js';
import type { ExpectedFile } from './decrypt.js';
import { encryptFile } from './encrypt.js';
import { MediaError } from './errors.js';
import type { MediaKind } from './keys.js';
import { blobLength } from './keys.js';
import { Sidecar } from './sidecar.js';

const folder = mkdtempSync(join(tmpdir(), 'media-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [source, blob, target] = ['source', 'blob', 'target'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const maxBytes = 10_000_000;

async function encrypted(content: Uint8Array, kind: MediaKind = 'image') {
  writeFileSync(source, content);
  return encryptFile({ source, target: blob, kind, maxBytes });
}

async function decrypted(expected: ExpectedFile, kind: MediaKind = 'image'): Promise<Uint8Array | string> {
  rmSync(target, { force: true });
  try {
    await decryptFile({ source: blob, target, kind, expected });
    return readFileSync(target);
  } catch (error) {
    expect(existsSync(target)).toBe(false);
    expect(existsSync(`${target}.partial`)).toBe(false);
    return error instanceof MediaError ? error.code : String(error);
  }
}

function flip(at: number): void {
  const bytes = readFileSync(blob);
  const index = at < 0 ? bytes.byteLength + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(blob, bytes);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('a media file', () => {
  it('comes back as it was, at every size around the block and window edges', async () => {
    const sizes = [0, 1, 15, 16, 17, 65_509, 65_510, 65_536, 200_003];
    for (const size of sizes) {
      const content = new Uint8Array(size).map((_, index) => index % 251);
      const file = await encrypted(content, 'document');
      expect(readFileSync(blob).byteLength).toBe(blobLength(size));
      expect(file.fileLength).toBe(size);
      expect(await decrypted(file, 'document')).toEqual(Buffer.from(content));
    }
  });

  it('is made by the published recipe', async () => {
    const content = Buffer.from('a photograph');
    const file = await encrypted(content, 'image');
    const expanded = Buffer.from(
      hkdfSync('sha256', file.mediaKey, Buffer.alloc(0), 'WhatsApp Image Keys', 112),
    );
    const [iv, key, macKey] = [
      expanded.subarray(0, 16),
      expanded.subarray(16, 48),
      expanded.subarray(48, 80),
    ];
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
    const mac = createHmac('sha256', macKey).update(iv).update(ciphertext).digest().subarray(0, 10);
    expect(readFileSync(blob)).toEqual(Buffer.concat([ciphertext, mac]));
    expect(file.fileSha256).toEqual(sha256(content));
    expect(file.fileEncSha256).toEqual(sha256(readFileSync(blob)));
    expect(file.streamingSidecar).toBeUndefined();
  });

  it('is refused when one byte of the ciphertext or of the MAC was changed', async () => {
    const file = await encrypted(new Uint8Array(5_000).fill(7));
    flip(100);
    expect(await decrypted(file)).toBe('media_hash_mismatch');
    expect(await decrypted({ ...file, fileEncSha256: sha256(readFileSync(blob)) })).toBe(
      'media_mac_mismatch',
    );
    flip(100);
    flip(-1);
    expect(await decrypted(file)).toBe('media_hash_mismatch');
    expect(await decrypted({ ...file, fileEncSha256: sha256(readFileSync(blob)) })).toBe(
      'media_mac_mismatch',
    );
    flip(-1);
    expect(await decrypted(file)).toBeInstanceOf(Buffer);
  });

  it('is refused when its size, its kind, its key or its plaintext is not the stated one', async () => {
    const file = await encrypted(new Uint8Array(5_000).fill(7));
    expect(await decrypted({ ...file, fileLength: 4_000 })).toBe('media_size_mismatch');
    expect(await decrypted({ ...file, fileLength: 5_001 })).toBe('media_content_mismatch');
    expect(await decrypted({ ...file, fileSha256: sha256(new Uint8Array()) })).toBe('media_content_mismatch');
    expect(await decrypted(file, 'video')).toBe('media_mac_mismatch');
    expect(await decrypted({ ...file, mediaKey: new Uint8Array(32) })).toBe('media_mac_mismatch');
    rmSync(blob);
    expect(await decrypted(file)).toBe('media_file_unusable');
  });

  it('is refused when its padding is wrong though its MAC is right', async () => {
    const mediaKey = new Uint8Array(32).fill(9);
    const expanded = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), 'WhatsApp Image Keys', 112));
    const ciphertext = Buffer.alloc(16, 3);
    const mac = createHmac('sha256', expanded.subarray(48, 80))
      .update(expanded.subarray(0, 16))
      .update(ciphertext);
    const bytes = Buffer.concat([ciphertext, mac.digest().subarray(0, 10)]);
    writeFileSync(blob, bytes);
    const file = { mediaKey, fileLength: 3, fileSha256: sha256(bytes), fileEncSha256: sha256(bytes) };
    expect(await decrypted(file)).toBe('media_decryption_failed');
  });

  it('is not taken beyond the limit or from nowhere', async () => {
    writeFileSync(source, new Uint8Array(11));
    const encrypt = (from: string) =>
      encryptFile({ source: from, target: blob, kind: 'image', maxBytes: 10 });
    await expect(encrypt(source)).rejects.toThrow(new MediaError('media_too_large'));
    await expect(encrypt(join(folder, 'none'))).rejects.toThrow(new MediaError('media_file_unusable'));
  });
});

describe('the streaming sidecar', () => {
  const macKey = new Uint8Array(32).fill(1);
  function whole(bytes: Uint8Array): Buffer {
    const macs: Buffer[] = [];
    for (let start = 0; start < bytes.byteLength; start += 65_536) {
      const window = bytes.subarray(start, start + 65_536 + 16);
      macs.push(createHmac('sha256', macKey).update(window).digest().subarray(0, 10));
    }
    return Buffer.concat(macs);
  }

  it('is the same however the blob is cut', () => {
    const lengths = fc.constantFrom(0, 26, 65_535, 65_536, 65_537, 65_552, 65_553, 131_072, 131_088, 200_026);
    fc.assert(
      fc.property(
        lengths,
        fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 8 }),
        (length, cuts) => {
          const bytes = new Uint8Array(length).map((_, index) => (index * 31) % 256);
          const sidecar = new Sidecar(macKey);
          let rest = bytes;
          for (const cut of cuts) {
            sidecar.update(rest.subarray(0, cut));
            rest = rest.subarray(cut);
          }
          sidecar.update(rest);
          expect(Buffer.from(sidecar.digest())).toEqual(whole(bytes));
        },
      ),
    );
  });

  it('goes with audio and video and covers the blob with its MAC', async () => {
    for (const kind of ['audio', 'video'] as const) {
      const file = await encrypted(new Uint8Array(100_000).fill(5), kind);
      expect(file.streamingSidecar).toHaveLength(20);
    }
  });
});
