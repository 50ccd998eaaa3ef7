import { z } from 'zod';
import { CorrelationId, GatekeeperId, StanzaId } from '../ids/index.js';
import {
  Block,
  NoiseAgreement,
  OutgoingMessage,
  OutgoingReceipt,
  OutgoingTyping,
  Query,
} from '../upstream/bodies.js';

const session = { gatekeeper: GatekeeperId };

/** What a device may say on its socket, one JSON object per text message. */
export const DeviceFrame = z.discriminatedUnion('type', [
  /** Sends, or sends again with the same id; answered by `accepted` or `refused` of that id. */
  z.strictObject({ type: z.literal('send'), ...session, id: StanzaId, message: OutgoingMessage }),
  /** Read and retry receipts; delivery receipts follow from `ack`. */
  z.strictObject({ type: z.literal('receipt'), ...session, receipt: OutgoingReceipt }),
  z.strictObject({ type: z.literal('typing'), ...session, typing: OutgoingTyping }),
  z.strictObject({ type: z.literal('query'), ...session, correlationId: CorrelationId, query: Query }),
  z.strictObject({ type: z.literal('block'), ...session, block: Block }),
  /** Answers `noise-dh`. */
  z.strictObject({
    type: z.literal('noise-dh'),
    ...session,
    correlationId: CorrelationId,
    answer: NoiseAgreement,
  }),
  /** The device has durably stored these deliveries. */
  z.strictObject({
    type: z.literal('ack'),
    ...session,
    deliveries: z.array(z.string().max(64)).min(1).max(256),
  }),
]);
export type DeviceFrame = z.infer<typeof DeviceFrame>;
