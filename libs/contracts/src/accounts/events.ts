import { z } from 'zod';
import { defineTopic } from '../events/topic.js';
import { DeviceId, GatekeeperId, OptInId, UserId } from '../ids/index.js';

const optIn = { userId: UserId, deviceId: DeviceId, optInId: OptInId, gatekeeper: GatekeeperId };
const device = { userId: UserId, deviceId: DeviceId };

/** What happens to users, their devices and their opt-ins. */
export const AccountEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('opt-in.requested'), ...optIn }),
  z.strictObject({ type: z.literal('opt-in.enlisting'), ...optIn }),
  /** The gatekeeper does not take the user in; she may ask again. */
  z.strictObject({ type: z.literal('opt-in.refused'), ...optIn }),
  z.strictObject({ type: z.literal('opt-in.enlisted'), ...optIn }),
  z.strictObject({ type: z.literal('opt-in.lapsing'), ...optIn }),
  z.strictObject({ type: z.literal('opt-in.lapsed'), ...optIn }),
  z.strictObject({ type: z.literal('opt-in.suspended'), ...optIn }),
  z.strictObject({ type: z.literal('opt-in.withdrawn'), ...optIn }),
  /** The gatekeeper has no account of the user any more, after she withdrew. */
  z.strictObject({ type: z.literal('opt-in.deleted'), ...optIn }),
  /** The user's interop device is another one now; this tells the old one. */
  z.strictObject({ type: z.literal('opt-in.moved'), ...optIn }),
  z.strictObject({ type: z.literal('device.registered'), ...device }),
  z.strictObject({ type: z.literal('device.removed'), ...device }),
  z.strictObject({ type: z.literal('user.erased'), userId: UserId }),
]);
export type AccountEvent = z.infer<typeof AccountEvent>;

export const accountTopic = defineTopic({
  name: 'causeway.account.v1',
  schema: AccountEvent,
  keyName: 'userId',
  key: (event) => event.userId,
  sealed: false,
  retentionMs: 7 * 24 * 3_600_000,
  producers: ['accounts'],
  consumers: ['keys', 'fanout', 'media', 'session'],
});
