import { z } from 'zod';
import { defineTopic } from '../events/topic.js';
import { DeviceId, GatekeeperId, UserId } from '../ids/index.js';

const owner = { userId: UserId, deviceId: DeviceId, gatekeeper: GatekeeperId };

/** What happens to published keys. */
export const KeysEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('prekeys.published'), ...owner, available: z.int().nonnegative() }),
  z.strictObject({ type: z.literal('prekeys.low'), ...owner, available: z.int().nonnegative() }),
  z.strictObject({ type: z.literal('identity.changed'), ...owner }),
]);
export type KeysEvent = z.infer<typeof KeysEvent>;

export const keysTopic = defineTopic({
  name: 'causeway.keys.v1',
  schema: KeysEvent,
  keyName: 'userId',
  key: (event) => event.userId,
  sealed: false,
  retentionMs: 7 * 24 * 3_600_000,
  producers: ['keys'],
  consumers: ['fanout'],
});
