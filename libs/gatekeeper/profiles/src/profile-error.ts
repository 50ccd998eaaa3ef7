/**
 * `profile_unreadable`: no such file, or not YAML. `profile_invalid`: a field is wrong, missing or unknown.
 * `profile_unset`: valid, but a field that nobody publishes has no value yet. `profile_development`: only for development.
 */
export type ProfileErrorCode =
  'profile_unreadable' | 'profile_invalid' | 'profile_unset' | 'profile_development';

/** Why a profile cannot be used, in one line that names the profile and the path of the field. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';

  constructor(
    readonly code: ProfileErrorCode,
    /** Id or file of the profile. */
    readonly profile: string,
    reason: string,
  ) {
    super(`profile ${profile}: ${reason.replaceAll(/\s+/g, ' ')}`);
  }
}
