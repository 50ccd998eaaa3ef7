import { createHash, randomBytes } from 'node:crypto';
import { MEDIA_PATH, MEDIA_REFERENCE_HEADER, UPLOADS_PATH } from '@causeway/contracts/media';
import { fetchAccessToken } from 'causeway/journey';
import { expect } from 'vitest';
import type { Job } from './job.js';

const BLOB_BYTES = 100_000;
const TUS = { 'tus-resumable': '1.0.0' };

/** The answer to an upload is lost: asked again, the server has it all, and the gatekeeper can fetch it. */
function upload(name: string): Job {
  return {
    name,
    service: 'media',
    async prepare({ column, people: { alice } }) {
      const { services, tokenUrl, gatekeeper } = column.endpoints;
      const uploads = `${services.media}${UPLOADS_PATH}`;
      const authorization = `Bearer ${await fetchAccessToken(tokenUrl, alice.name)}`;
      const blob = randomBytes(BLOB_BYTES);
      const metadata = {
        device: await alice.device.register(),
        gatekeeper,
        sha256: createHash('sha256').update(blob).digest('base64'),
      };
      const created = await fetch(uploads, {
        method: 'POST',
        headers: {
          ...TUS,
          authorization,
          'upload-length': String(blob.length),
          'upload-metadata': Object.entries(metadata)
            .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
            .join(','),
        },
      });
      const reference = created.headers.get(MEDIA_REFERENCE_HEADER) ?? '';
      const upload = `${uploads}/${reference}`;
      const type = 'application/offset+octet-stream';
      return {
        async begin() {
          fetch(upload, {
            method: 'PATCH',
            headers: { ...TUS, authorization, 'upload-offset': '0', 'content-type': type },
            body: blob,
          }).catch(() => undefined);
        },
        async ends() {
          const asked = await fetch(upload, { method: 'HEAD', headers: { ...TUS, authorization } });
          expect(asked.headers.get('upload-offset')).toBe(String(BLOB_BYTES));
          const fetched = await fetch(`${services.media}${MEDIA_PATH}/${reference}`);
          expect(blob.equals(Buffer.from(await fetched.arrayBuffer()))).toBe(true);
        },
      };
    },
  };
}

export const mediaUploads: readonly Job[] = [upload('media.upload.stored'), upload('media.upload.completed')];
