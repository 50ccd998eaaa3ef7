import { createHash } from 'node:crypto';
import type { GatekeeperProfile } from '@causeway/profiles';
import type { DeviceAccess } from '../access/device-access.js';
import { blobNameOf } from '../blobs/blob-name.js';
import type { Blobs } from '../blobs/blobs.js';
import { mediaError } from '../media.errors.js';
import type { MediaMetrics } from '../media-metrics.js';
import type { MediaObject, MediaObjects } from '../objects/media-objects.js';
import type { Sweeper } from '../objects/sweeper.js';

/** Makes an upload readable once all its bytes are there and are the ones that were announced. */
export class UploadCompletion {
  constructor(
    private readonly profiles: ReadonlyMap<string, GatekeeperProfile>,
    private readonly access: DeviceAccess,
    private readonly objects: MediaObjects,
    private readonly blobs: Blobs,
    private readonly sweeper: Sweeper,
    private readonly metrics: MediaMetrics,
  ) {}

  /**
   * The blob is hashed as it lies in the store, so that what was verified is what will be served, also after a
   * connection or this process broke off in between. An upload that fails is deleted.
   * @throws {AppError} `media_hash_wrong`, `media_not_enlisted` when the user has left meanwhile, `media_unknown`
   */
  async complete(object: MediaObject): Promise<void> {
    if (object.state === 'ready') return;
    try {
      if (!(await this.#hash(object)).equals(object.sha256)) throw mediaError('media_hash_wrong');
      await this.access.requireEnlisted(object.deviceId, object.gatekeeper);
    } catch (error) {
      await this.#refuse(object, error);
      throw error;
    }
    const retentionDays = this.profiles.get(object.gatekeeper)?.media.retentionDays;
    const published =
      retentionDays !== undefined && (await this.objects.publish(object.reference, retentionDays));
    if (!published) throw mediaError('media_unknown');
    this.metrics.uploads.inc({ outcome: 'ready' });
  }

  async #hash({ reference, size }: MediaObject): Promise<Buffer> {
    const hash = createHash('sha256');
    const bytes = this.blobs.read(blobNameOf(reference), { start: 0, end: size - 1 });
    for await (const chunk of bytes as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest();
  }

  /** Only a refusal deletes: a store or a database that fails may work the next time. */
  async #refuse({ reference }: MediaObject, error: unknown): Promise<void> {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'media_hash_wrong' && code !== 'media_not_enlisted') return;
    await this.objects.discard(reference);
    this.sweeper.kick();
    this.metrics.uploads.inc({ outcome: code });
  }
}
