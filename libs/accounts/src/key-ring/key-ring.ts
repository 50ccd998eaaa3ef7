import { z } from 'zod';

/** Algorithms of user tokens (RFC 7518, 3.1 and RFC 8037, 3.1). */
export const tokenAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const;
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** Keys of one ring, of all algorithms: the file must stay within the bound of a settings file, 64 KiB. */
export const MAX_RING_KEYS = 16;
/** Revoked keys that are remembered. */
export const MAX_REVOKED_KEYS = 64;

const Milliseconds = z.int().nonnegative();
const KeyId = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/);
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const PublicJwk = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) })
  .refine((jwk) => !privateMembers.some((member) => member in jwk), 'holds a private key');

/** One key of user tokens. All times are milliseconds since 1970. */
const RingKey = z
  .strictObject({
    kid: KeyId,
    algorithm: z.enum(tokenAlgorithms),
    publicJwk: PublicJwk,
    /** Absent when a remote signer has it. */
    privateJwk: z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) }).optional(),
    createdAt: Milliseconds,
    /** When the key set with it was written; absent before. */
    publishedAt: Milliseconds.optional(),
    /** From when on it signs; never set before it is published. */
    signsFrom: Milliseconds.optional(),
  })
  .refine(
    ({ publishedAt, signsFrom }) =>
      signsFrom === undefined || (publishedAt !== undefined && publishedAt <= signsFrom),
    'signs before it is published',
  );
export type RingKey = z.infer<typeof RingKey>;

/** The keys of user tokens with their plan, as the ring's file holds them. What each of them does follows from the time. */
export const KeyRing = z
  .strictObject({
    version: z.literal(1),
    keys: z.array(RingKey).max(MAX_RING_KEYS),
    /** Never to be used again. */
    revoked: z.array(z.strictObject({ kid: KeyId, at: Milliseconds })).max(MAX_REVOKED_KEYS),
  })
  .refine(({ keys, revoked }) => {
    const kids = [...keys, ...revoked].map(({ kid }) => kid);
    return new Set(kids).size === kids.length;
  }, 'holds a key twice, or a revoked one');
export type KeyRing = z.infer<typeof KeyRing>;

export const emptyRing: KeyRing = { version: 1, keys: [], revoked: [] };

/** Where a key is in its life. A key that is `removed` may go; one that was revoked is not in the ring any more. */
export type KeyState = 'created' | 'published' | 'signing' | 'retired' | 'removed';

/** A published JWKS (RFC 7517, 5). */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** @returns the one key that signs at the time: of those whose turn has come, the latest. */
export function signerAt({ keys }: KeyRing, algorithm: TokenAlgorithm, at: number): RingKey | undefined {
  const begun = keys.filter((key) => key.algorithm === algorithm && (key.signsFrom ?? Infinity) <= at);
  return begun.toSorted(bySigning).at(-1);
}

/** @returns when another key took over, or will; undefined while none is planned. */
export function retiredFrom({ keys }: KeyRing, { kid, algorithm, signsFrom }: RingKey): number | undefined {
  if (signsFrom === undefined) return undefined;
  const inOrder = keys
    .filter((key) => key.algorithm === algorithm && key.signsFrom !== undefined)
    .toSorted(bySigning);
  return inOrder[inOrder.findIndex((key) => key.kid === kid) + 1]?.signsFrom;
}

/** @param retainMs how long the last token of a key may live after another one took over */
export function stateOf(ring: KeyRing, key: RingKey, at: number, retainMs: number): KeyState {
  if (key.publishedAt === undefined) return 'created';
  if (key.signsFrom === undefined || key.signsFrom > at) return 'published';
  const retired = retiredFrom(ring, key);
  if (retired === undefined || retired > at) return 'signing';
  return retired + retainMs > at ? 'retired' : 'removed';
}

/** @returns what the gatekeeper may see of the ring: every key but those that are only created. */
export function keySetOf({ keys }: Pick<KeyRing, 'keys'>): KeySet {
  return {
    keys: keys
      .filter(({ publishedAt }) => publishedAt !== undefined)
      .map(({ publicJwk, kid, algorithm }) => ({ ...publicJwk, kid, alg: algorithm, use: 'sig' })),
  };
}

function bySigning(one: RingKey, other: RingKey): number {
  return (one.signsFrom ?? 0) - (other.signsFrom ?? 0);
}
