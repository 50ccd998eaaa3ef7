import { z } from 'zod';
import { Key32 } from '../events/fields.js';
import { SessionKey, UserId } from '../ids/index.js';

/** `POST /internal/v1/noise-keys`, for accounts: makes the session's Noise static key once, answers its public half. */
export const NoiseKeyRequest = z.strictObject({ sessionKey: SessionKey });
export const NoiseKeyResponse = z.object({ publicKey: Key32 });
export type NoiseKeyResponse = z.infer<typeof NoiseKeyResponse>;

/** `POST /internal/v1/deletions`, for accounts: asks the gatekeeper to delete an account without its device. */
export const DeletionRequest = z.strictObject({ sessionKey: SessionKey, userId: UserId });
export type DeletionRequest = z.infer<typeof DeletionRequest>;
/** How the login for it ended: `deleted`, or the code of what stood in the way. */
export const DeletionResponse = z.object({ code: z.string() });
export type DeletionResponse = z.infer<typeof DeletionResponse>;
