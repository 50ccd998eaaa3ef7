import { stringify } from 'yaml';
import { inconsistencies } from './consistency.js';
import { completed, draftOf, isTree, type ProfileDraft, type ProfileValues } from './draft.js';
import { ProfileError } from './profile-error.js';
import type { GatekeeperProfile } from './schema.js';

/** Values that replace those of a profile, as deep as they go; a list replaces a list. */
export type ProfileOverrides = {
  readonly [K in keyof GatekeeperProfile]?: GatekeeperProfile[K] extends readonly unknown[]
    ? GatekeeperProfile[K]
    : GatekeeperProfile[K] extends object
      ? Partial<GatekeeperProfile[K]>
      : GatekeeperProfile[K];
};

function merge(values: ProfileValues, overrides: ProfileValues): ProfileValues {
  const merged: Record<string, unknown> = { ...values };
  for (const [key, value] of Object.entries(overrides)) {
    const before = merged[key];
    merged[key] = isTree(before) && isTree(value) ? merge(before, value) : value;
  }
  return merged;
}

/**
 * The profile that a deployment works with: the draft with the overrides, every field set, and all fields fitting
 * together. Throws ProfileError: `profile_unset` names what is missing, `profile_invalid` what is wrong.
 */
export function resolveProfile(draft: ProfileDraft, overrides: ProfileOverrides = {}): GatekeeperProfile {
  const resolved = draftOf(merge(draft.values, overrides), draft.id);
  if (resolved.unset.length > 0) {
    const paths = resolved.unset.join(', ');
    throw new ProfileError(
      'profile_unset',
      resolved.id,
      `${paths}: not published; set in the profile what the gatekeeper gave you`,
    );
  }
  const profile = completed(resolved);
  const [first] = inconsistencies(profile);
  if (first) throw new ProfileError('profile_invalid', profile.id, `${first.path}: ${first.reason}`);
  return profile;
}

/** A profile as the text that `parseProfile` reads, for a deployment that makes its own. */
export function formatProfile(profile: GatekeeperProfile): string {
  return stringify(profile);
}
