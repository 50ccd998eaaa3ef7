import { MediaReference } from '@causeway/contracts/ids';
import { blobNameOf } from '../blobs/blob-name.js';
import type { Blobs } from '../blobs/blobs.js';
import type { MediaObjects } from '../objects/media-objects.js';

/** A blob that may be read. */
export interface ReadableBlob {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Finds blobs for whoever knows their reference. */
export class Downloads {
  constructor(
    private readonly objects: Pick<MediaObjects, 'find'>,
    private readonly blobs: Pick<Blobs, 'size'>,
  ) {}

  /**
   * One query and one look into the blob store, whether the reference is known, unknown or no reference at all, so that
   * the time of the answer does not tell which.
   * @returns undefined unless the blob is complete, verified and not expired
   */
  async find(reference: string): Promise<ReadableBlob | undefined> {
    const name = blobNameOf(reference);
    const wellFormed = MediaReference.safeParse(reference).success;
    const object = await this.objects.find(wellFormed ? reference : name);
    const size = await this.blobs.size(name);
    if (object?.state !== 'ready' || size !== object.size) return undefined;
    return { name, size };
  }
}
