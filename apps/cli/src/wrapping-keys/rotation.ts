import { limits } from '@causeway/limits';
import { wrapperAt, type WrappingKey, type WrappingRing } from '@causeway/sealing';
import { CliError } from '../errors.js';

/** A wrapping key before it is in a ring. */
export type NewWrappingKey = Pick<WrappingKey, 'id' | 'key'>;

/**
 * Adds the next key. The first key of a ring wraps at once; a later one when every pod has read the ring, because what
 * it wraps a pod with the ring of before could not open.
 * @param now milliseconds since 1970
 * @param leadMs how long pods may take to read the ring
 * @throws {CliError} `wrapping_key_known`, `wrapping_key_ring_full`, `wrapping_key_waits` while the last one has not begun
 */
export function withNext(
  ring: WrappingRing | undefined,
  key: NewWrappingKey,
  now: number,
  leadMs: number,
): WrappingRing {
  if (ring === undefined) {
    return { version: 1, keys: [{ ...key, createdAt: now, wrapsFrom: now }] };
  }
  if (ring.keys.some(({ id }) => id === key.id)) {
    throw new CliError('wrapping_key_known', 'the ring has a key of that id');
  }
  const waiting = ring.keys.find(({ wrapsFrom }) => wrapsFrom > now);
  if (waiting !== undefined) {
    const when = new Date(waiting.wrapsFrom).toISOString();
    throw new CliError('wrapping_key_waits', `${waiting.id} wraps from ${when}: rotate again after that`);
  }
  if (ring.keys.length >= limits.wrappingKeys.value) {
    throw new CliError('wrapping_key_ring_full', 'the ring is full: drop keys that no row names any more');
  }
  return { ...ring, keys: [...ring.keys, { ...key, createdAt: now, wrapsFrom: now + leadMs }] };
}

/**
 * Takes a key out for good: what it has wrapped then opens nowhere any more, also in backups.
 * @param rows how many rows name it
 * @param leadMs for how long another key must have wrapped, so that no pod still wraps with this one
 * @throws {CliError} `wrapping_key_unknown`, `wrapping_key_in_use`
 */
export function without(
  ring: WrappingRing,
  id: string,
  rows: number,
  now: number,
  leadMs: number,
): WrappingRing {
  const key = ring.keys.find((one) => one.id === id);
  if (key === undefined) throw new CliError('wrapping_key_unknown', 'the ring has no such key');
  const refuse = (why: string) => new CliError('wrapping_key_in_use', `${id} stays: ${why}`);
  const wrapper = wrapperAt(ring, now);
  if (wrapper.id === id) throw refuse('it is the one that wraps');
  if (key.wrapsFrom <= now && now - wrapper.wrapsFrom < leadMs) {
    throw refuse(`another has wrapped for less than ${leadMs / 60_000} minutes, and a pod may not know yet`);
  }
  if (rows > 0) throw refuse(`${rows} rows name it; causeway wrapping-keys rewrap wraps them anew`);
  return { ...ring, keys: ring.keys.filter((one) => one !== key) };
}
