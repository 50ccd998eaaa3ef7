export { parseProfile, type ProfileDraft, type ProfileValues } from './draft.js';
export { loadProfile, loadProfiles } from './load.js';
export { ProfileError, type ProfileErrorCode } from './profile-error.js';
export { formatProfile, resolveProfile, type ProfileOverrides } from './resolve.js';
export type { GatekeeperProfile } from './schema.js';
export { mediaPath, wireOf, type BinaryProfileWire, type XmppProfileWire } from './wire.js';
