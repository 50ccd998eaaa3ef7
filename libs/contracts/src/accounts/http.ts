import { z } from 'zod';
import { Key32 } from '../events/fields.js';
import { DeviceId, GatekeeperId, OptInId, SessionKey, UserId } from '../ids/index.js';

/** Life of one user's opt-in to one gatekeeper. */
export const OptInState = z.enum([
  'consented',
  'enlisting',
  'enlisted',
  'lapsing',
  'lapsed',
  'suspended',
  'deleting',
  'deleted',
]);
export type OptInState = z.infer<typeof OptInState>;

/** `POST /v1/devices` */
export const RegisterDeviceRequest = z.strictObject({ name: z.string().min(1).max(64).optional() });
export const RegisterDeviceResponse = z.object({ deviceId: DeviceId, userId: UserId });

/** `GET /v1/devices`: the caller's devices, oldest first. */
export const DeviceListResponse = z.object({
  devices: z.array(
    z.object({
      deviceId: DeviceId,
      name: z.string().optional(),
      /** Milliseconds since 1970. */
      createdAt: z.int(),
    }),
  ),
});
export type DeviceListResponse = z.infer<typeof DeviceListResponse>;

/** Path of one device, which `DELETE` removes: `/v1/devices/{deviceId}`. */
export const DevicePath = z.object({ deviceId: DeviceId });

/** Path of everything about one device's opt-in: `/v1/devices/{deviceId}/opt-ins/{gatekeeper}`. */
export const OptInPath = z.object({ deviceId: DeviceId, gatekeeper: GatekeeperId });

/** Who speaks the gatekeeper's protocol: we (`proxy`), or the device, through our tunnel or directly. */
export const ConnectionMode = z.enum(['proxy', 'tunnel', 'direct']);
export type ConnectionMode = z.infer<typeof ConnectionMode>;

/** `PUT /v1/devices/{deviceId}/opt-ins/{gatekeeper}`: the consent and the identifier to be known by. */
export const OptInRequest = z.strictObject({
  /** Which proven identifier of the access token the gatekeeper's users will see. */
  identifierKind: z.enum(['email', 'phone', 'username']),
  readReceipts: z.boolean().default(true),
  /**
   * For a device that speaks the gatekeeper's protocol itself, and for one that keeps its Noise key where the session
   * service speaks it (`proxy`, at gatekeepers whose profile says `noiseKeys: device`).
   */
  connection: z
    .strictObject({
      mode: ConnectionMode,
      /** Public Noise static key of the device, 32 bytes. */
      noisePublicKey: Key32,
    })
    .optional(),
  /** Takes the place of the user's present interop device, which is told; needs a recent sign-in (RFC 9470). */
  replaceDevice: z.boolean().default(false),
  consent: z.strictObject({
    textVersion: z.string().min(1).max(64),
    locale: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/),
  }),
});
export type OptInRequest = z.infer<typeof OptInRequest>;

/** Answer of `PUT`, `GET` and `DELETE` on an opt-in. */
export const OptInResponse = z.object({
  optInId: OptInId,
  gatekeeper: GatekeeperId,
  state: OptInState,
  /** Why the last enlistment attempt failed, when it did. */
  lastErrorCode: z.string().optional(),
});
export type OptInResponse = z.infer<typeof OptInResponse>;

/** `POST /v1/devices/{deviceId}/opt-ins/{gatekeeper}/enlistment`: what a device needs to post the gatekeeper's form. */
export const EnlistmentTokenResponse = z.object({
  /** Where to post it. */
  url: z.url(),
  token: z.string().max(4096),
  /** Milliseconds since 1970. */
  expiresAt: z.int(),
});
export type EnlistmentTokenResponse = z.infer<typeof EnlistmentTokenResponse>;

/** `PUT /v1/devices/{deviceId}/opt-ins/{gatekeeper}/enlistment`: the gatekeeper's answer, as the device got it. */
export const EnlistmentReport = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('ok'), login: z.string().max(64) }),
  z.strictObject({ status: z.literal('fail'), reason: z.string().max(256) }),
]);
export type EnlistmentReport = z.infer<typeof EnlistmentReport>;

/**
 * `PUT /v1/devices/{deviceId}/opt-ins/{gatekeeper}/deletion`, in the modes `tunnel` and `direct`: how the gatekeeper
 * answered the device that asked it to delete the account.
 */
export const DeletionReport = z.strictObject({
  /** It confirmed the request; or it knew of no such account (any more) when the device logged in for it. */
  outcome: z.enum(['deleted', 'account_unknown']),
});
export type DeletionReport = z.infer<typeof DeletionReport>;

/** `POST /internal/v1/tokens`, for the session service alone: a user token for the gatekeeper. */
export const TokenRequest = z.strictObject({
  sessionKey: SessionKey.refine((key) => DeviceId.safeParse(key.slice(0, 36)).success),
  /** `deletion` is good for asking the gatekeeper to delete, and for nothing else. */
  purpose: z.enum(['login', 'deletion']),
  /** The gatekeeper did not take the last one: this one is minted anew. */
  fresh: z.boolean().optional(),
});
export type TokenRequest = z.infer<typeof TokenRequest>;
export const TokenResponse = z.object({
  token: z.string().max(4096),
  /** Milliseconds since 1970. */
  expiresAt: z.int(),
  /** The number N of the gatekeeper's login `<integrator>-N@interop`, as decimal digits. */
  accountNumber: z.string().regex(/^[0-9]{1,20}$/),
  integrator: z.int().min(1).max(999),
  readReceipts: z.boolean(),
  /** The public Noise key with which the account is enlisted, and to which the token is bound. */
  noisePublicKey: Key32.optional(),
});
export type TokenResponse = z.infer<typeof TokenResponse>;

/**
 * `POST /v1/devices/{deviceId}/opt-ins/{gatekeeper}/tokens`, in the modes `tunnel` and `direct`: a user token for the
 * device itself, bound to the key that was enlisted.
 */
export const DeviceTokenRequest = z.strictObject({ purpose: z.enum(['login', 'deletion']) });
export type DeviceTokenRequest = z.infer<typeof DeviceTokenRequest>;
export const DeviceTokenResponse = z.object({
  token: z.string().max(4096),
  /** Milliseconds since 1970. */
  expiresAt: z.int(),
  integrator: z.int().min(1).max(999),
  /** As in `TokenResponse`. */
  accountNumber: z.string().regex(/^[0-9]{1,20}$/),
});
export type DeviceTokenResponse = z.infer<typeof DeviceTokenResponse>;
