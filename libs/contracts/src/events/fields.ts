import { z } from 'zod';

const MAX_BASE64 = 512 * 1024;

/** Bytes in standard base64; at most 384 KiB of bytes. */
export const Base64 = z.base64().max(MAX_BASE64);

/** 32 raw bytes in standard base64: 31 or 33 take 44 characters as well, and differ in their padding. */
export const Bytes32 = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

/** 64 raw bytes in standard base64. */
export const Bytes64 = z.string().regex(/^[A-Za-z0-9+/]{86}==$/);

/** A raw Curve25519 key. */
export const Key32 = Bytes32.describe('Curve25519 key, raw');

/** Public X25519 key made for one connection, to which content in transit is sealed. */
export const RelayKey = Key32.describe('X25519 public key of one connection');

/** Names the content of an event: sealed to the device's connection, or in clear form under custody `provider`. */
export type SealedOr<T> = { sealed: string } | { clear: T };

/**
 * The body of a relayed event. Under custody `gatekeeper` it is sealed to the connection (AES-256-GCM), so that every
 * copy is unreadable once the connection ends; under custody `provider` it stands as it is (still end-to-end encrypted).
 */
export function sealedOr<Schema extends z.ZodType>(clear: Schema) {
  return z.union([z.strictObject({ sealed: Base64 }), z.strictObject({ clear })]);
}
