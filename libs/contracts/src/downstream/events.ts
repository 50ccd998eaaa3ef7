import { z } from 'zod';
import { Bytes32, Key32, RelayKey, sealedOr } from '../events/fields.js';
import { defineTopic } from '../events/topic.js';
import { CorrelationId, Epoch, GatekeeperId, SessionKey, StanzaId } from '../ids/index.js';
import {
  Answer,
  IncomingMessage,
  IncomingReceipt,
  IncomingTyping,
  OpenedBody,
  PeerIdentity,
} from './bodies.js';

const connection = { sessionKey: SessionKey, gatekeeper: GatekeeperId, epoch: Epoch };
/** Number of a received stanza, growing also from login to login; `ack` names it. */
const ref = { ref: z.int().positive() };
/** Keyed hash of (gatekeeper, sender, stanza id), base64: by which a repeated delivery is recognised. */
const dedupe = { dedupe: Bytes32 };

/** What an upstream connection has for its device; consumed by fanout alone. */
export const DownstreamEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('opened'),
    ...connection,
    /** The session pod's public key for this connection; absent under custody `provider`. */
    relayKey: RelayKey.optional(),
    /** What this login hands on is numbered from here, without gaps; absent where it was not said yet. */
    afterRef: z.int().nonnegative().optional(),
    body: sealedOr(OpenedBody),
  }),
  z.strictObject({ type: z.literal('closed'), ...connection, code: z.string().max(64), final: z.boolean() }),
  z.strictObject({
    type: z.literal('message'),
    ...connection,
    ...ref,
    ...dedupe,
    body: sealedOr(IncomingMessage),
  }),
  z.strictObject({
    type: z.literal('receipt'),
    ...connection,
    ...ref,
    ...dedupe,
    body: sealedOr(IncomingReceipt),
  }),
  z.strictObject({
    type: z.literal('identity.changed'),
    ...connection,
    ...ref,
    ...dedupe,
    body: sealedOr(PeerIdentity),
  }),
  z.strictObject({ type: z.literal('typing'), ...connection, body: sealedOr(IncomingTyping) }),
  z.strictObject({
    type: z.literal('answer'),
    ...connection,
    correlationId: CorrelationId,
    body: sealedOr(Answer),
  }),
  /** The login needs an agreement with the Noise key that the device keeps. */
  z.strictObject({
    type: z.literal('noise.dh'),
    ...connection,
    correlationId: CorrelationId,
    /** Milliseconds since 1970 after which nobody waits for the answer. */
    deadline: z.int(),
    /** The gatekeeper's public key of this handshake. */
    remotePublicKey: Key32,
    /** The session pod's public key, made for this answer. */
    relayKey: RelayKey,
  }),
  z.strictObject({
    type: z.literal('accepted'),
    ...connection,
    id: StanzaId,
    timestamp: z.int().nonnegative(),
  }),
  z.strictObject({
    type: z.literal('refused'),
    ...connection,
    /** The message, or the question, that was refused; neither for commands without an id. */
    id: StanzaId.optional(),
    correlationId: CorrelationId.optional(),
    code: z.string().max(64),
    /** True when sending again with the same id can succeed. */
    retryable: z.boolean(),
  }),
]);
export type DownstreamEvent = z.infer<typeof DownstreamEvent>;

export const downstreamTopic = defineTopic({
  name: 'causeway.downstream.v1',
  schema: DownstreamEvent,
  keyName: 'sessionKey',
  key: (event) => event.sessionKey,
  sealed: true,
  retentionMs: 10 * 60_000,
  producers: ['session'],
  consumers: ['fanout'],
});
