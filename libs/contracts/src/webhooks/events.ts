import { z } from 'zod';
import { defineTopic } from '../events/topic.js';
import { DeviceId, GatekeeperId, UserId } from '../ids/index.js';

/** What asks for a device to be woken: the gatekeeper's calls, and accounts when a user is about to lapse or to leave. */
export const PushEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('wake.requested'),
    userId: UserId,
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
    /** Milliseconds since 1970 at which the gatekeeper called, or accounts wanted it. */
    requestedAt: z.int(),
  }),
]);
export type PushEvent = z.infer<typeof PushEvent>;

export const pushTopic = defineTopic({
  name: 'causeway.push.v1',
  schema: PushEvent,
  keyName: 'userId',
  key: (event) => event.userId,
  sealed: false,
  retentionMs: 24 * 3_600_000,
  producers: ['webhooks', 'accounts'],
  consumers: ['fanout'],
});
