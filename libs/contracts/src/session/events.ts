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
  z.strictObject({
    type: z.literal('prekeys.low'),
    ...session,
    remaining: z.int().nonnegative(),
    /** How many the gatekeeper is given at once; all that one upload may hold where it is not said. */
    batch: z.int().min(1).max(812).optional(),
  }),
  /** The gatekeeper has taken over an uploaded batch. */
  z.strictObject({
    type: z.literal('prekeys.uploaded'),
    ...session,
    preKeyIds: z.array(z.int()).max(812),
  }),
  z.strictObject({ type: z.literal('digest.mismatch'), ...session }),
  /** Which keys the gatekeeper holds, as it says itself: ids and one hash over the public keys. */
  z.strictObject({
    type: z.literal('digest.reported'),
    ...session,
    registrationId: z.int().nonnegative(),
    signedPreKeyId: z.int().nonnegative(),
    preKeyIds: z.array(z.int().nonnegative()).max(4_096),
    /** SHA-1 of identity, signed prekey, its signature, and each one-time prekey in the order of its id above; base64. */
    hash: z.base64().length(28),
  }),
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
