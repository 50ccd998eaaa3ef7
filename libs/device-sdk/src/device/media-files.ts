import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Content, MediaReference } from '@causeway/content';
import { backoffMs } from '../api/backoff.js';
import { ApiError } from '../api/errors.js';
import type { MediaClient } from '../api/media.js';
import type { Clock } from '../clock.js';
import { decryptFile } from '../media/decrypt.js';
import { encryptFile } from '../media/encrypt.js';
import { MediaError } from '../media/errors.js';
import { blobLength } from '../media/keys.js';
import type { MediaKind } from '../media/keys.js';

const attempts = 3;
const bounds = { firstMs: 500, maxMs: 5_000 };
const temporary = /\.(enc|partial|out)$/;

/** Kinds of content that carry a file. */
export type MediaContent = Extract<Content, { media: MediaReference }>;

/** Moves files between the device's folder and the media service, encrypted and checked. */
export class MediaFiles {
  constructor(
    private readonly parts: {
      readonly folder: string;
      readonly client: MediaClient;
      readonly clock: Clock;
      readonly random: () => number;
      readonly maxBytes: number;
      /** Where the recipient's gatekeeper finds a file of ours; `{integrator}` and `{reference}` are filled in. */
      readonly pathTemplate: string;
    },
  ) {
    mkdirSync(parts.folder, { recursive: true, mode: 0o700 });
    // A crash may have left halves of files behind.
    for (const name of readdirSync(parts.folder)) {
      if (temporary.test(name)) rmSync(join(parts.folder, name));
    }
  }

  /**
   * Encrypts and uploads a file.
   * @throws MediaError, ApiError
   */
  async put(options: {
    readonly id: string;
    readonly deviceId: string;
    readonly integrator: number;
    readonly file: string;
    readonly mimetype: string;
    readonly kind: MediaKind;
  }): Promise<MediaReference> {
    const { folder, client, clock, maxBytes, pathTemplate } = this.parts;
    const blob = join(folder, `${nameOf('', options.id)}.out`);
    try {
      const { kind, file: source } = options;
      const encrypted = await encryptFile({ source, target: blob, kind, maxBytes });
      const reference = await client.upload(options.deviceId, blob, encrypted.fileEncSha256);
      const directPath = pathTemplate
        .replace('{integrator}', String(options.integrator))
        .replace('{reference}', reference);
      const mediaKeyTimestamp = Math.floor(clock.now() / 1000);
      return { ...encrypted, mimetype: options.mimetype, directPath, mediaKeyTimestamp };
    } finally {
      await rm(blob, { force: true });
    }
  }

  /**
   * Fetches, checks and decrypts the file of a message.
   * @returns the path of the file
   * @throws MediaError, ApiError
   */
  async get(deviceId: string, sender: string, id: string, { kind, media }: MediaContent): Promise<string> {
    if (media.fileLength > this.parts.maxBytes) throw new MediaError('media_too_large');
    const target = join(this.parts.folder, nameOf(sender, id));
    const blob = `${target}.enc`;
    try {
      await this.download(deviceId, media, blob);
      await decryptFile({ source: blob, target, kind: mediaKindOf(kind), expected: media });
      return target;
    } finally {
      await rm(blob, { force: true });
    }
  }

  private async download(deviceId: string, media: MediaReference, target: string): Promise<void> {
    const { client, clock, random } = this.parts;
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.download(deviceId, media.directPath, target, blobLength(media.fileLength));
      } catch (error) {
        const again =
          error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
        if (!again || attempt >= attempts) throw error;
        await new Promise<void>((resolve) => clock.setTimeout(resolve, backoffMs(attempt, bounds, random())));
      }
    }
  }
}

/** @returns the keys' kind of a kind of content. */
export function mediaKindOf(kind: MediaContent['kind']): MediaKind {
  return kind === 'voice' ? 'audio' : kind;
}

/** Senders choose ids, so no part of an id becomes part of a path. */
function nameOf(sender: string, id: string): string {
  return createHash('sha256')
    .update(JSON.stringify([sender, id]))
    .digest('hex')
    .slice(0, 40);
}
