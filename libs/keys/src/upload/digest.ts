import { createHash } from 'node:crypto';
import type { EnlistmentKeys } from '@causeway/contracts/keys';
import type { SessionEvent } from '@causeway/contracts/session';

/** What a gatekeeper says that it holds. */
export type ReportedDigest = Extract<SessionEvent, { type: 'digest.reported' }>;

/** How what the gatekeeper holds differs from what the device has published. */
export type DigestOutcome = 'same' | 'identity' | 'signed-prekey' | 'prekeys';

/**
 * Compares by the public clients' rule: SHA-1 over identity, signed prekey, its signature, and the one-time prekeys in
 * the order of their ids. The hash is theirs to choose; it finds mistakes, and protects nothing.
 * @param preKeys public keys that were published, by id
 */
export function compareDigest(
  reported: ReportedDigest,
  published: EnlistmentKeys,
  preKeys: ReadonlyMap<number, Uint8Array>,
): DigestOutcome {
  if (reported.registrationId !== published.registrationId) return 'identity';
  if (reported.signedPreKeyId !== published.signedPreKey.id) return 'signed-prekey';
  const hash = createHash('sha1');
  const { identityKey, signedPreKey } = published;
  for (const part of [identityKey, signedPreKey.key, signedPreKey.signature]) hash.update(part, 'base64');
  for (const id of reported.preKeyIds) {
    const key = preKeys.get(id);
    if (key === undefined) return 'prekeys';
    hash.update(key);
  }
  if (hash.digest('base64') === reported.hash) return 'same';
  // Which part it is the hash does not say; without one-time prekeys it can only be what is signed.
  return reported.preKeyIds.length === 0 ? 'signed-prekey' : 'prekeys';
}
