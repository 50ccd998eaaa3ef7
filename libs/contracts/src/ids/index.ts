import { z } from 'zod';

/** Random id of a user of the provider; never derived from anything user-visible. */
export const UserId = z.uuid().brand('UserId');
export type UserId = z.infer<typeof UserId>;

/** Random id of one installation of the provider's app. */
export const DeviceId = z.uuid().brand('DeviceId');
export type DeviceId = z.infer<typeof DeviceId>;

/** Random id of one user's opt-in to one gatekeeper. */
export const OptInId = z.uuid().brand('OptInId');
export type OptInId = z.infer<typeof OptInId>;

/** Name of a gatekeeper profile, e.g. `whatsapp`. */
export const GatekeeperId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,31}$/)
  .brand('GatekeeperId');
export type GatekeeperId = z.infer<typeof GatekeeperId>;

/** A session is (device, gatekeeper); its key is `{deviceId}.{gatekeeper}`, without anything user-visible. */
export const SessionKey = z
  .string()
  .regex(/^[0-9a-f-]{36}\.[a-z][a-z0-9-]{1,31}$/)
  .brand('SessionKey');
export type SessionKey = z.infer<typeof SessionKey>;

/** Counts a device's connections; a later connection has a higher epoch. */
export const Epoch = z.int().nonnegative();

/** Id of a stanza or message, as it travels on the gatekeeper's wire. */
export const StanzaId = z.string().regex(/^[\x21-\x7e]{1,128}$/);

/** Ties an answer to its question. */
export const CorrelationId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** Unguessable reference of a stored blob: at least 128 random bits in base64url. */
export const MediaReference = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22,64}$/)
  .brand('MediaReference');
export type MediaReference = z.infer<typeof MediaReference>;

/** @returns the key of the session of a device with a gatekeeper. */
export function sessionKeyOf(deviceId: DeviceId, gatekeeper: GatekeeperId): SessionKey {
  return SessionKey.parse(`${deviceId}.${gatekeeper}`);
}

/** @returns the device and the gatekeeper whose session a key names. */
export function splitSessionKey(key: SessionKey): { deviceId: DeviceId; gatekeeper: GatekeeperId } {
  const dot = key.indexOf('.');
  return {
    deviceId: DeviceId.parse(key.slice(0, dot)),
    gatekeeper: GatekeeperId.parse(key.slice(dot + 1)),
  };
}
