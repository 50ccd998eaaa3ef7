import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseProfile, type ProfileDraft } from './draft.js';
import { withDictionaryIn } from './dictionary.js';
import { ProfileError } from './profile-error.js';
import { resolveProfile } from './resolve.js';
import type { GatekeeperProfile } from './schema.js';

/** Reads one profile file. Throws ProfileError `profile_unreadable` or `profile_invalid`. */
export async function loadProfile(file: string): Promise<ProfileDraft> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProfileError('profile_unreadable', file, reason);
  }
  return parseProfile(text, file);
}

/**
 * The profiles in use, by id, ready to work with: `{dir}/{name}.yaml` for each name. A profile that is marked as
 * development is refused unless `development` is true. Throws ProfileError.
 */
export async function loadProfiles(
  dir: string,
  names: readonly string[],
  { development }: { readonly development: boolean },
): Promise<ReadonlyMap<string, GatekeeperProfile>> {
  const profiles = new Map<string, GatekeeperProfile>();
  for (const name of names) {
    const read = resolveProfile(await loadProfile(join(dir, `${name}.yaml`)));
    const profile = withDictionaryIn(dir, read);
    if (profile.id !== name) {
      throw new ProfileError(
        'profile_invalid',
        name,
        `id: is ${profile.id}, which is not the name of its file`,
      );
    }
    if (profile.development && !development) {
      throw new ProfileError(
        'profile_development',
        name,
        'is for development only and refused in production',
      );
    }
    profiles.set(name, profile);
  }
  return profiles;
}
