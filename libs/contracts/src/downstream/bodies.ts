import { z } from 'zod';
import { StanzaId } from '../ids/index.js';
import { Encrypted, JidText, Retry, WireBundle } from '../upstream/bodies.js';

/** Seconds since 1970, as the gatekeeper states time. */
const timestamp = z.int().nonnegative();

/** Body of `opened`: under which JID the gatekeeper knows the account. */
export const OpenedBody = z.strictObject({ jid: JidText });
export type OpenedBody = z.infer<typeof OpenedBody>;

/** Body of `message`. */
export const IncomingMessage = z.strictObject({
  id: StanzaId,
  from: JidText,
  timestamp,
  encrypted: Encrypted,
  retryCount: z.int().nonnegative().optional(),
});
export type IncomingMessage = z.infer<typeof IncomingMessage>;

/** Body of `receipt`: what became of messages that the device sent. */
export const IncomingReceipt = z.strictObject({
  from: JidText,
  kind: z.enum(['delivered', 'read', 'played', 'retry']),
  ids: z.array(StanzaId).min(1).max(256),
  timestamp,
  retry: Retry.optional(),
});
export type IncomingReceipt = z.infer<typeof IncomingReceipt>;

/** Body of `typing`. */
export const IncomingTyping = z.strictObject({ from: JidText, state: z.enum(['composing', 'paused']) });
export type IncomingTyping = z.infer<typeof IncomingTyping>;

/** Body of `identity.changed`. */
export const PeerIdentity = z.strictObject({ peer: JidText });
export type PeerIdentity = z.infer<typeof PeerIdentity>;

/** Body of `answer`. */
export const Answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bundle'), peer: JidText, bundle: WireBundle }),
  z.strictObject({
    kind: z.literal('devices'),
    peer: JidText,
    devices: z.array(z.int().min(0).max(65535)).max(16),
  }),
  z.strictObject({ kind: z.literal('failed'), code: z.string().max(64) }),
]);
export type Answer = z.infer<typeof Answer>;
