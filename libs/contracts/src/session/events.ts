import { z } from 'zod';
import { defineTopic } from '../events/topic.js';
import { DeviceId, Epoch, GatekeeperId, UserId } from '../ids/index.js';

const session = { userId: UserId, deviceId: DeviceId, gatekeeper: GatekeeperId };

/** What happens to upstream connections, for the services that keep books. */
export const SessionEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('opened'), ...session, epoch: Epoch, at: z.int() }),
  z.strictObject({ type: z.literal('closed'), ...session, epoch: Epoch, code: z.string() }),
  z.strictObject({ type: z.literal('refused'), ...session, epoch: Epoch, code: z.string() }),
  /** A device has connected to the gatekeeper by itself, through our tunnel. */
  z.strictObject({ type: z.literal('tunnel.opened'), ...session, at: z.int() }),
  z.strictObject({ type: z.literal('deletion.confirmed'), ...session }),
  /** The gatekeeper holds fewer one-time prekeys than its threshold. */
  z.strictObject({ type: z.literal('prekeys.low'), ...session, remaining: z.int().nonnegative() }),
  /** The gatekeeper has taken over an uploaded batch. */
  z.strictObject({
    type: z.literal('prekeys.uploaded'),
    ...session,
    preKeyIds: z.array(z.int()).max(812),
  }),
  z.strictObject({ type: z.literal('digest.mismatch'), ...session }),
]);
export type SessionEvent = z.infer<typeof SessionEvent>;

export const sessionTopic = defineTopic({
  name: 'causeway.session.v1',
  schema: SessionEvent,
  keyName: 'userId',
  key: (event) => event.userId,
  sealed: false,
  retentionMs: 7 * 24 * 3_600_000,
  producers: ['session'],
  consumers: ['accounts', 'keys'],
});
