import { z } from 'zod';
import { Key32 } from '../events/fields.js';
import { SessionKey } from '../ids/index.js';

/** `POST /internal/v1/noise-keys`, for accounts: makes the session's Noise static key once, answers its public half. */
export const NoiseKeyRequest = z.strictObject({ sessionKey: SessionKey });
export const NoiseKeyResponse = z.object({ publicKey: Key32 });
export type NoiseKeyResponse = z.infer<typeof NoiseKeyResponse>;
