import type { GatekeeperProfile } from '@causeway/profiles';

/** What a gatekeeper wants in a user token; a part of its profile. */
export type TokenProfile = GatekeeperProfile['token'];
