import { z } from 'zod';
import { RelayKey, sealedOr } from '../events/fields.js';
import { defineTopic } from '../events/topic.js';
import { CorrelationId, DeviceId, Epoch, GatekeeperId, SessionKey, StanzaId, UserId } from '../ids/index.js';
import { PreKey, SignedPreKey } from '../keys/http.js';
import { Key32 } from '../events/fields.js';
import { Block, NoiseAgreement, OutgoingMessage, OutgoingReceipt, OutgoingTyping, Query } from './bodies.js';

const session = { sessionKey: SessionKey, gatekeeper: GatekeeperId };
/** Milliseconds since 1970 after which the command must not be carried out any more. */
const deadline = { deadline: z.int() };
const connection = { ...session, epoch: Epoch };

/** Commands to the pod that owns a session's upstream connection. */
export const UpstreamEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('open'),
    ...connection,
    userId: UserId,
    deviceId: DeviceId,
    /** The fanout pod's public key for this connection; absent under custody `provider`. */
    relayKey: RelayKey.optional(),
    reason: z.enum(['user', 'push', 'reconnect', 'deletion']),
  }),
  z.strictObject({ type: z.literal('close'), ...connection, code: z.string().max(64) }),
  z.strictObject({
    type: z.literal('message.send'),
    ...connection,
    ...deadline,
    id: StanzaId,
    body: sealedOr(OutgoingMessage),
  }),
  z.strictObject({
    type: z.literal('receipt.send'),
    ...connection,
    ...deadline,
    body: sealedOr(OutgoingReceipt),
  }),
  z.strictObject({
    type: z.literal('typing.send'),
    ...connection,
    ...deadline,
    body: sealedOr(OutgoingTyping),
  }),
  z.strictObject({
    type: z.literal('query'),
    ...connection,
    ...deadline,
    correlationId: CorrelationId,
    body: sealedOr(Query),
  }),
  z.strictObject({ type: z.literal('block'), ...connection, ...deadline, body: sealedOr(Block) }),
  /** The gatekeeper holds the device for offline although it is not: is the upstream connection alive? */
  z.strictObject({ type: z.literal('probe'), ...connection, ...deadline }),
  /** The device's answer to `noise.dh`. */
  z.strictObject({
    type: z.literal('noise.dh.answer'),
    ...connection,
    correlationId: CorrelationId,
    answer: NoiseAgreement,
  }),
  /** Settles received stanzas upstream, by the numbers that `downstream` gave them. */
  z.strictObject({
    type: z.literal('ack'),
    ...connection,
    refs: z.array(z.int().positive()).min(1).max(256),
    /** `delivered`: the device has it (the sender gets a receipt); `stored`: it is durable here. */
    stage: z.enum(['delivered', 'stored']),
  }),
  /** Public keys for the gatekeeper's directory; sent by the keys service whenever a session can take them. */
  z.strictObject({
    type: z.literal('prekeys.upload'),
    ...session,
    registrationId: z.int(),
    identityKey: Key32,
    signedPreKey: SignedPreKey,
    preKeys: z.array(PreKey).min(1).max(812),
  }),
  /** The device has a new signed prekey; sent by the keys service. */
  z.strictObject({ type: z.literal('signed-prekey.rotate'), ...session, signedPreKey: SignedPreKey }),
]);
export type UpstreamEvent = z.infer<typeof UpstreamEvent>;

export const upstreamTopic = defineTopic({
  name: 'causeway.upstream.v1',
  schema: UpstreamEvent,
  keyName: 'sessionKey',
  key: (event) => event.sessionKey,
  sealed: true,
  retentionMs: 10 * 60_000,
  producers: ['fanout', 'keys'],
  consumers: ['session'],
});
