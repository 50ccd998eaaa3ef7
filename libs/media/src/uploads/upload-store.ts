import type { Readable } from 'node:stream';
import { failpoint } from '@causeway/failpoints';
import type { Clock } from '@causeway/lifecycle';
import { DataStore, Upload } from '@tus/server';
import { blobNameOf } from '../blobs/blob-name.js';
import type { Blobs } from '../blobs/blobs.js';
import { mediaError } from '../media.errors.js';
import type { MediaObject, MediaObjects } from '../objects/media-objects.js';
import type { Sweeper } from '../objects/sweeper.js';
import { guarded } from '../transfers/guarded.js';
import type { UploadCompletion } from './upload-completion.js';

export interface UploadStoreOptions {
  readonly objects: MediaObjects;
  readonly blobs: Blobs;
  readonly completion: UploadCompletion;
  readonly sweeper: Sweeper;
  readonly clock: Clock;
  readonly onBytes: (bytes: number) => void;
}

/** What the tus server keeps uploads in: the rows of `media.objects` and the blob store. The id is the reference. */
export class UploadStore extends DataStore {
  override readonly extensions = ['creation', 'creation-with-upload', 'termination'];
  readonly #options: UploadStoreOptions;

  constructor(options: UploadStoreOptions) {
    super();
    this.#options = options;
  }

  /** An upload whose last answer was lost is completed here: the device takes it for done when it sees the offset. */
  override async getUpload(reference: string): Promise<Upload> {
    const { blobs, completion } = this.#options;
    const object = await this.#find(reference);
    const size = object.state === 'ready' ? object.size : await blobs.size(blobNameOf(reference));
    const offset = size ?? 0;
    if (offset === object.size) await completion.complete(object);
    return new Upload({ id: reference, size: object.size, offset, metadata: metadataOf(object) });
  }

  override async write(source: Readable, reference: string, offset: number): Promise<number> {
    const { blobs, completion, clock, onBytes } = this.#options;
    const object = await this.#find(reference);
    if (object.state === 'ready') return offset;
    const end = await blobs.append(blobNameOf(reference), offset, guarded(source, { clock, onBytes }));
    failpoint('media.upload.stored');
    await this.#stillWanted(reference);
    if (end === object.size) await completion.complete(object);
    failpoint('media.upload.completed');
    return end;
  }

  override async remove(reference: string): Promise<void> {
    await this.#options.objects.discard(reference);
    this.#options.sweeper.kick();
  }

  async #find(reference: string): Promise<MediaObject> {
    const object = await this.#options.objects.find(reference);
    if (object === undefined) throw mediaError('media_unknown');
    return object;
  }

  /** What was deleted while bytes came in may have been swept already: then nobody else would remove them. */
  async #stillWanted(reference: string): Promise<void> {
    const { objects, blobs } = this.#options;
    if ((await objects.find(reference)) !== undefined) return;
    await blobs.remove(blobNameOf(reference));
    throw mediaError('media_unknown');
  }
}

function metadataOf({ deviceId, gatekeeper, sha256 }: MediaObject): Record<string, string> {
  return { device: deviceId, gatekeeper, sha256: Buffer.from(sha256).toString('base64') };
}
