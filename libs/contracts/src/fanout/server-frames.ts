import { z } from 'zod';
import {
  Answer,
  IncomingMessage,
  IncomingReceipt,
  IncomingTyping,
  PeerIdentity,
} from '../downstream/bodies.js';
import { Key32, RelayKey } from '../events/fields.js';
import { CorrelationId, GatekeeperId, StanzaId } from '../ids/index.js';
import { JidText } from '../upstream/bodies.js';

const session = { gatekeeper: GatekeeperId };
/** Opaque; the device returns it in `ack` once it has stored what the frame carries. */
const delivery = { delivery: z.string().max(64) };

/** How the session of a device with a gatekeeper stands. */
export const SessionState = z.enum(['opening', 'open', 'closed', 'refused', 'withdrawn']);

/** What the server says to a device, one JSON object per text message. Unknown types must be ignored. */
export const ServerFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('session'),
    ...session,
    state: SessionState,
    code: z.string().optional(),
    jid: JidText.optional(),
  }),
  z.object({ type: z.literal('message'), ...session, ...delivery, message: IncomingMessage }),
  z.object({ type: z.literal('receipt'), ...session, ...delivery, receipt: IncomingReceipt }),
  z.object({ type: z.literal('identity'), ...session, ...delivery, identity: PeerIdentity }),
  z.object({ type: z.literal('typing'), ...session, typing: IncomingTyping }),
  z.object({ type: z.literal('answer'), ...session, correlationId: CorrelationId, answer: Answer }),
  z.object({ type: z.literal('accepted'), ...session, id: StanzaId, timestamp: z.int().nonnegative() }),
  z.object({
    type: z.literal('refused'),
    ...session,
    id: StanzaId.optional(),
    correlationId: CorrelationId.optional(),
    code: z.string(),
    retryable: z.boolean(),
  }),
  /** A login needs an agreement with the Noise key that the device keeps; answered by `noise-dh` while somebody waits. */
  z.object({
    type: z.literal('noise-dh'),
    ...session,
    correlationId: CorrelationId,
    /** Milliseconds since 1970. */
    deadline: z.int(),
    remotePublicKey: Key32,
    /** To which the answer is sealed. */
    relayKey: RelayKey,
  }),
  /** The device should publish more one-time prekeys. */
  z.object({ type: z.literal('prekeys-low'), ...session, available: z.int().nonnegative() }),
]);
export type ServerFrame = z.infer<typeof ServerFrame>;
