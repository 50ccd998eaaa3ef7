import { certificatesField, defineConfig } from '@causeway/config';
import { z } from 'zod';
import { parseBlobsUrl, type BlobsAddress } from './blobs/address.js';

const blobsUrl = z.string().transform((text, context): BlobsAddress => {
  const address = parseBlobsUrl(text);
  if (address !== undefined) return address;
  const message = 'must be file:///folder or s3://bucket?endpoint=https://host&region=name&pathStyle=true';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** Settings of the media service. */
export const mediaSection = defineConfig(
  'Media',
  {
    BLOBS_URL: {
      schema: blobsUrl,
      doc: 'Where encrypted blobs lie: a folder of one process, or an S3-compatible bucket that is there already.',
      example: 's3://causeway-media?endpoint=https://s3.example.org&region=eu-west-1&pathStyle=true',
    },
    S3_ACCESS_KEY: {
      schema: z.string().max(256).optional(),
      doc: 'Access key of the bucket; without it the machine itself must be allowed in.',
      secret: true,
    },
    S3_SECRET_KEY: {
      schema: z.string().max(256).optional(),
      doc: 'Secret key that belongs to the access key.',
      secret: true,
    },
  },
  ({ S3_ACCESS_KEY, S3_SECRET_KEY }) =>
    (S3_ACCESS_KEY === undefined) === (S3_SECRET_KEY === undefined)
      ? undefined
      : 'CAUSEWAY_S3_ACCESS_KEY and CAUSEWAY_S3_SECRET_KEY belong together',
);

/** Whom media believes to be the blob store. Read again when the file changes. */
export const blobsTrustSection = defineConfig('Blob store certificates', {
  S3_CA: certificatesField('Authorities of the bucket’s certificate, PEM; those of the system by default.'),
});
