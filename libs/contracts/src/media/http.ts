import { z } from 'zod';
import { Bytes32 } from '../events/fields.js';
import { DeviceId, GatekeeperId, MediaReference } from '../ids/index.js';

/** tus 1.0 endpoint; `POST` needs `Upload-Length` and the metadata below, and answers the blob's reference. */
export const UPLOADS_PATH = '/v1/uploads';

/** `Upload-Metadata` of an upload. */
export const UploadMetadata = z.object({
  device: DeviceId,
  gatekeeper: GatekeeperId,
  /** SHA-256 of the whole encrypted file (ciphertext and MAC), base64; checked when the upload is complete. */
  sha256: Bytes32,
});

/** Header of the upload's first answer that carries the reference under which the blob will be readable. */
export const MEDIA_REFERENCE_HEADER = 'causeway-media-reference';

/** `GET /v1/media/{reference}`: public, for the gatekeeper's media proxy. */
export const MEDIA_PATH = '/v1/media';
export const MediaPath = z.object({ reference: MediaReference });

/** `GET /v1/relay/{gatekeeper}?device=…&path=…`: the gatekeeper's media, fetched without showing it the device's address. */
export const RELAY_PATH = '/v1/relay';
export const RelayPath = z.object({ gatekeeper: GatekeeperId });
export const RelayQuery = z.object({ device: DeviceId, path: z.string().regex(/^\/[\x21-\x7e]{1,2048}$/) });
