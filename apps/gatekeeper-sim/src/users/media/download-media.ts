import type { Switchboard } from '../../seam.js';
import type { MediaContent } from '../content/codec.js';
import { ContentError } from '../phone-errors.js';
import { phoneLimits } from '../phone-limits.js';
import { MAC_BYTES, type MediaKind } from './media-keys.js';
import { openMedia, readMediaReference } from './open-media.js';

/** Fetches and opens the file of a message. Throws ContentError: any of `media_*`. */
export async function downloadMedia(
  switchboard: Pick<Switchboard, 'mediaDownload'>,
  kind: MediaKind,
  media: MediaContent,
): Promise<Uint8Array> {
  const reference = readMediaReference(kind, media);
  const blob = await fetchBlob(switchboard, reference.directPath);
  if (blob.length > phoneLimits.mediaBytes + 16 + MAC_BYTES) throw new ContentError('media_too_large');
  return openMedia(blob, reference);
}

async function fetchBlob(switchboard: Pick<Switchboard, 'mediaDownload'>, path: string): Promise<Uint8Array> {
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ContentError('media_deadline')), phoneLimits.mediaDownloadMs);
  try {
    return await Promise.race([switchboard.mediaDownload(path), deadline]);
  } catch (error) {
    throw error instanceof ContentError ? error : new ContentError('media_unavailable');
  } finally {
    clearTimeout(timer);
  }
}
