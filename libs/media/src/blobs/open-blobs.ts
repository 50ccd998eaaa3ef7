import type { BlobsAddress } from './address.js';
import type { Blobs } from './blobs.js';
import { FolderBlobs } from './folder-blobs.js';

/**
 * Opens the blob store; a bucket must be there already, and is not called before the first blob.
 * @param ca authorities of the store's certificate, PEM
 * @throws {Error} when the folder is not there and cannot be made
 */
export async function openBlobs(address: BlobsAddress, ca?: () => string | undefined): Promise<Blobs> {
  if (address.kind === 'folder') return new FolderBlobs(address.path);
  // The S3 client is large: a process that keeps its blobs in a folder does without it.
  const [{ S3Blobs }, { S3Bucket }] = await Promise.all([import('./s3-blobs.js'), import('./s3-bucket.js')]);
  return new S3Blobs(new S3Bucket(address, ca));
}
