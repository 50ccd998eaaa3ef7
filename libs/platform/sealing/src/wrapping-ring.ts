import { limits } from '@causeway/limits';
import { z } from 'zod';

const KEY_BYTES = 32;
const Milliseconds = z.int().nonnegative();

/** ASCII, so that a wrapped key names it in as many bytes. */
export const WrappingKeyId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);

/** One key that wraps data keys. Times are milliseconds since 1970. */
const WrappingKey = z.strictObject({
  id: WrappingKeyId,
  /** 32 bytes in base64; absent when the key service has it. */
  key: z
    .base64()
    .refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES, 'is not 32 bytes in base64')
    .optional(),
  createdAt: Milliseconds,
  /** From when on new data keys are wrapped with it; until then every pod comes to know it. */
  wrapsFrom: Milliseconds,
});
export type WrappingKey = z.infer<typeof WrappingKey>;

/** The wrapping keys of one service with their plan: which of them wraps follows from the time. */
export const WrappingRing = z
  .strictObject({ version: z.literal(1), keys: z.array(WrappingKey).min(1).max(limits.wrappingKeys.value) })
  .refine(({ keys }) => new Set(keys.map(({ id }) => id)).size === keys.length, 'holds a key twice');
export type WrappingRing = z.infer<typeof WrappingRing>;

/**
 * @param at milliseconds since 1970
 * @returns the one key that wraps then: of those whose turn has come the latest, or else the first whose turn comes
 */
export function wrapperAt({ keys }: WrappingRing, at: number): WrappingKey {
  const inOrder = keys.toSorted((one, other) => one.wrapsFrom - other.wrapsFrom);
  const wrapper = inOrder.findLast(({ wrapsFrom }) => wrapsFrom <= at) ?? inOrder[0];
  if (wrapper === undefined) throw new RangeError('a ring has at least one key');
  return wrapper;
}
