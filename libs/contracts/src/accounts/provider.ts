import { z } from 'zod';
import { DeviceId, GatekeeperId, OptInId, UserId } from '../ids/index.js';
import { ConnectionMode, OptInState } from './http.js';

const Milliseconds = z.int().nonnegative();

/** Path of everything about one user, for the provider's backend: `/provider/v1/users/{userId}`. */
export const UserPath = z.object({ userId: UserId });

/** `PUT /provider/v1/users`: the user of a subject of the provider's access tokens, who is created when new. */
export const ProviderUserRequest = z.strictObject({ subject: z.string().min(1).max(255) });
export const ProviderUser = z.object({
  userId: UserId,
  state: z.enum(['active', 'suspended', 'erased']),
});
export type ProviderUser = z.infer<typeof ProviderUser>;

/** `GET /provider/v1/users/{userId}/opt-ins`: every opt-in of the user, oldest first. */
export const ProviderOptIns = z.object({
  optIns: z.array(
    z.object({
      optInId: OptInId,
      gatekeeper: GatekeeperId,
      deviceId: DeviceId,
      state: OptInState,
      lastErrorCode: z.string().optional(),
      createdAt: Milliseconds,
    }),
  ),
});
export type ProviderOptIns = z.infer<typeof ProviderOptIns>;

/** `PUT /provider/v1/users/{userId}/suspension`; `DELETE` lets the user in again. */
export const SuspensionRequest = z.strictObject({
  /** Why, as a word for the audit log. */
  reason: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
});

/**
 * `PUT /provider/v1/users/{userId}/gatekeepers/{gatekeeper}/mode`: who speaks this gatekeeper's protocol for this user,
 * whatever the profile says; `DELETE` goes back to the profile's mode.
 */
export const UserModePath = UserPath.extend({ gatekeeper: GatekeeperId });
export const UserModeRequest = z.strictObject({ mode: ConnectionMode });
/** Answer of `PUT`, `GET` and `DELETE`. */
export const UserMode = z.object({
  mode: ConnectionMode,
  /** Whether it was chosen for this user, or is the profile's. */
  chosen: z.boolean(),
});
export type UserMode = z.infer<typeof UserMode>;

/** `PUT /provider/v1/users/{userId}/identifiers/{kind}`: the provider vouches for an identifier; `DELETE` takes it back. */
export const IdentifierPath = UserPath.extend({ kind: z.enum(['email', 'phone', 'username']) });
export const AssertIdentifierRequest = z.strictObject({
  value: z.string().min(1).max(320),
  /** How the user proved it, as a word. */
  method: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  /** When she proved it, milliseconds since 1970. */
  provenAt: Milliseconds,
});
export type AssertIdentifierRequest = z.infer<typeof AssertIdentifierRequest>;

/** `PUT /provider/v1/users/{userId}/region`: where the provider has seen the user, by country alone. */
export const RegionRequest = z.strictObject({
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/),
  observedAt: Milliseconds,
});
export type RegionRequest = z.infer<typeof RegionRequest>;

/** Answer of `PUT` and `GET` on `/provider/v1/users/{userId}/erasure`, and of `DELETE /v1/account`. */
export const ErasureReceipt = z.object({
  userId: UserId,
  state: z.enum(['running', 'done']),
  requestedAt: Milliseconds,
  requestedBy: z.enum(['user', 'provider']),
  /** Stores that confirmed, each with the time of its last erasure. */
  stores: z.array(z.object({ store: z.string(), erasedAt: Milliseconds })),
  /** What is still waited for: stores, and gatekeepers that have not confirmed the deletion of the account. */
  waitingFor: z.array(z.string()),
  completedAt: Milliseconds.optional(),
  /** When the last copy in the event log is gone; what was sealed in backups is unreadable since `completedAt`. */
  logsGoneBy: Milliseconds.optional(),
});
export type ErasureReceipt = z.infer<typeof ErasureReceipt>;
