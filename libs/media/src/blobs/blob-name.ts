import { createHash } from 'node:crypto';

/** The name of a reference's blob: who sees the store's names, in a log or a listing, cannot fetch by them. */
export function blobNameOf(reference: string): string {
  return createHash('sha256').update(reference).digest('base64url');
}
