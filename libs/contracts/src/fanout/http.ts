import { z } from 'zod';
import { DeviceId } from '../ids/index.js';

/** Path of a device's registration for Web Push. */
export const WebPushPath = z.object({ deviceId: DeviceId });

/** A key in base64url without padding, of so many bytes. */
const key = (bytes: number) => z.base64url().length(Math.ceil((bytes * 4) / 3));

/**
 * `PUT /v1/devices/{deviceId}/web-push`: a push subscription as the device's own push service gave it (W3C Push API).
 * `p256dh` is a public key of P-256, 65 bytes, `auth` a secret of 16 bytes (RFC 8291, 2.1 and 3.2).
 */
export const WebPushRegistration = z.strictObject({
  endpoint: z.url().max(1_024),
  keys: z.strictObject({ p256dh: key(65), auth: key(16) }),
});
export type WebPushRegistration = z.infer<typeof WebPushRegistration>;

/** `GET /v1/web-push`: the key with which a device subscribes (VAPID, RFC 8292), base64url. */
export const WebPushKeyResponse = z.object({ applicationServerKey: z.string() });
export type WebPushKeyResponse = z.infer<typeof WebPushKeyResponse>;
