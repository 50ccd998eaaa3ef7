import { UploadMetadata } from '@causeway/contracts/media';
import type { Coordination } from '@causeway/coordination';
import { httpError, type Caller } from '@causeway/http';
import { limits, rateLimits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import type { DeviceAccess } from '../access/device-access.js';
import { mediaError } from '../media.errors.js';
import type { MediaObjects } from '../objects/media-objects.js';

const SHA256_BYTES = 32;
const QUOTA_RETRY_MS = 60_000;

/** An upload as a device announces it. */
export interface AnnouncedUpload {
  readonly reference: string;
  readonly size: number | undefined;
  readonly metadata: Readonly<Record<string, string | null>> | undefined;
}

/** Decides whether an upload may begin, before any byte of it is taken. */
export class UploadAdmission {
  constructor(
    private readonly profiles: ReadonlyMap<string, GatekeeperProfile>,
    private readonly access: DeviceAccess,
    private readonly objects: MediaObjects,
    private readonly coordination: Coordination,
  ) {}

  /**
   * Records the upload.
   * @throws {AppError} `media_metadata_invalid`, `media_device_unknown`, `media_not_enlisted`, `media_too_large`,
   *   `rate_limited`
   */
  async admit(caller: Caller, { reference, size, metadata }: AnnouncedUpload): Promise<void> {
    const { device: deviceId, gatekeeper, sha256 } = readMetadata(metadata);
    if (size === undefined || size < 1) throw mediaError('media_metadata_invalid');
    const { userId } = await this.access.owned(caller, deviceId);
    await this.access.requireEnlisted(deviceId, gatekeeper);
    const most = this.profiles.get(gatekeeper)?.media.maxBytes;
    if (most === undefined) throw mediaError('media_not_enlisted');
    if (size > most) throw mediaError('media_too_large');
    const { allowed, retryAfterMs } = await this.coordination.rates.take(rateLimits.mediaUpload, deviceId);
    if (!allowed) throw httpError('rate_limited', { retryAfterMs });
    const bytes = Math.max(limits.mediaUnfinishedBytes.value, most);
    const quota = { items: limits.mediaUnfinishedItems.value, bytes };
    const begun = await this.objects.begin({ reference, deviceId, userId, gatekeeper, size, sha256 }, quota);
    if (!begun) throw httpError('rate_limited', { retryAfterMs: QUOTA_RETRY_MS });
  }
}

function readMetadata(metadata: AnnouncedUpload['metadata']) {
  const parsed = UploadMetadata.safeParse(metadata ?? {});
  if (!parsed.success) throw mediaError('media_metadata_invalid');
  const sha256 = Buffer.from(parsed.data.sha256, 'base64');
  if (sha256.byteLength !== SHA256_BYTES) throw mediaError('media_metadata_invalid');
  return { ...parsed.data, sha256 };
}
