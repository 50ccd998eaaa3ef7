import { z } from 'zod';
import { Bytes64, Key32 } from '../events/fields.js';
import { DeviceId, GatekeeperId } from '../ids/index.js';

/** Prekey ids are 24-bit and start at 1: some libraries read 0 as "none". */
export const PreKeyId = z.int().min(1).max(0xffffff);
export const PreKey = z.strictObject({ id: PreKeyId, key: Key32 });
export type PreKey = z.infer<typeof PreKey>;

/** The signature (64 bytes, base64) by the identity key covers the 33-byte form 0x05 ‖ key. */
export const SignedPreKey = z.strictObject({ id: PreKeyId, key: Key32, signature: Bytes64 });
export type SignedPreKey = z.infer<typeof SignedPreKey>;

/** Path of one device's keys for one gatekeeper: `/v1/devices/{deviceId}/gatekeepers/{gatekeeper}/keys`. */
export const KeysPath = z.object({ deviceId: DeviceId, gatekeeper: GatekeeperId });

/**
 * `PUT`: publishes the identity and adds one-time prekeys; a key belongs to this gatekeeper's pool for ever.
 *
 * A device renews its signed prekey: after 27 days it publishes one with the next id (`preKeys` may be empty), and keeps
 * the private halves of the last four, for first messages that are underway. The provider's session gives it to the
 * gatekeeper; a device that connects to the gatekeeper by itself does so itself.
 */
export const PublishKeysRequest = z.strictObject({
  registrationId: z.int().min(1).max(0x3fff),
  identityKey: Key32,
  signedPreKey: SignedPreKey,
  preKeys: z.array(PreKey).max(812),
});
export type PublishKeysRequest = z.infer<typeof PublishKeysRequest>;

/** Answer of `PUT` and `GET`: one-time prekeys that wait here, and that the gatekeeper was given. */
export const KeysStatus = z.object({ available: z.int().nonnegative(), uploaded: z.int().nonnegative() });
export type KeysStatus = z.infer<typeof KeysStatus>;

/** `GET /internal/v1/devices/{deviceId}/gatekeepers/{gatekeeper}/enlistment-keys`, for accounts. */
export const EnlistmentKeys = z.object({
  registrationId: z.int(),
  identityKey: Key32,
  signedPreKey: SignedPreKey,
});
export type EnlistmentKeys = z.infer<typeof EnlistmentKeys>;
