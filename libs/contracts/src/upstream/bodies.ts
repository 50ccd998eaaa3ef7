import { z } from 'zod';
import { Base64, Bytes64, Key32, RelayKey } from '../events/fields.js';
import { StanzaId } from '../ids/index.js';

/** A JID in its lossless text form; personal data, so it stands in bodies only. */
export const JidText = z.string().min(3).max(256);

/** One Signal ciphertext: `pkmsg` starts a session, `msg` continues it. */
export const Encrypted = z.strictObject({ type: z.enum(['pkmsg', 'msg']), ciphertext: Base64 });
export type Encrypted = z.infer<typeof Encrypted>;

/** A prekey bundle inside a retry receipt or a bundle answer; keys are 32 raw bytes. */
export const WireBundle = z.strictObject({
  registrationId: z.int().nonnegative(),
  identityKey: Key32,
  signedPreKey: z.strictObject({ id: z.int(), key: Key32, signature: Bytes64 }),
  preKey: z.strictObject({ id: z.int(), key: Key32 }).optional(),
});
export type WireBundle = z.infer<typeof WireBundle>;

/** Body of `message.send`. */
export const OutgoingMessage = z.strictObject({
  to: JidText,
  stanzaType: z.enum(['text', 'media', 'reaction']),
  encrypted: Encrypted,
  /** How often the recipient asked for this message again. */
  retryCount: z.int().min(1).max(5).optional(),
});
export type OutgoingMessage = z.infer<typeof OutgoingMessage>;

/** Why and with what a recipient asks for a message again. */
export const Retry = z.strictObject({
  count: z.int().min(1).max(10),
  registrationId: z.int().nonnegative(),
  /** Seconds since 1970 of the message that could not be read. */
  timestamp: z.int().nonnegative(),
  bundle: WireBundle.optional(),
});
export type Retry = z.infer<typeof Retry>;

/** Body of `receipt.send`. */
export const OutgoingReceipt = z.strictObject({
  to: JidText,
  kind: z.enum(['delivered', 'read', 'played', 'retry']),
  ids: z.array(StanzaId).min(1).max(256),
  retry: Retry.optional(),
});
export type OutgoingReceipt = z.infer<typeof OutgoingReceipt>;

/** Body of `typing.send`. */
export const OutgoingTyping = z.strictObject({ to: JidText, state: z.enum(['composing', 'paused']) });
export type OutgoingTyping = z.infer<typeof OutgoingTyping>;

/** Body of `query`: the closed list of questions a device may ask. */
export const Query = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bundle'), peer: JidText }),
  z.strictObject({ kind: z.literal('devices'), peer: JidText }),
]);
export type Query = z.infer<typeof Query>;

/** Body of `block`. */
export const Block = z.strictObject({ peer: JidText, action: z.enum(['block', 'unblock']) });
export type Block = z.infer<typeof Block>;

/**
 * What a device answers when it is asked for an agreement with its Noise key: the 32 bytes, sealed to the session pod
 * that asked, under the question's id and the gatekeeper's key; or why it does not.
 */
export const NoiseAgreement = z.union([
  z.strictObject({
    /** The device's public key, made for this answer. */
    relayKey: RelayKey,
    /** Nonce, 32 bytes and tag. */
    sealed: z.base64().length(80),
  }),
  z.strictObject({ refused: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/) }),
]);
export type NoiseAgreement = z.infer<typeof NoiseAgreement>;

/** @returns under what the agreement is sealed: an answer for another key of a gatekeeper does not open. */
export function noiseAgreementContext(correlationId: string, remotePublicKey: string): string {
  return `noise.dh ${correlationId} ${remotePublicKey}`;
}
