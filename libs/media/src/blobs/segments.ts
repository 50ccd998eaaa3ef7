/** A stored part of a blob: where it begins in the blob, and its bytes. */
export interface Segment {
  readonly key: string;
  readonly offset: number;
  readonly size: number;
}

const DIGITS = 15;

/** The key of the part that begins at `offset`; keys sort as their offsets do. */
export function segmentKey(name: string, offset: number): string {
  return `${name}/${String(offset).padStart(DIGITS, '0')}`;
}

/** @returns where the part under a key begins, or undefined for a key that is no part's. */
export function offsetOf(key: string): number | undefined {
  const digits = key.slice(key.lastIndexOf('/') + 1);
  return /^\d{15}$/.test(digits) ? Number(digits) : undefined;
}

/**
 * The parts that make up the blob: each begins where the one before it ends. Others were left by a writer that lost
 * to another one, and count for nothing.
 */
export function chainOf(stored: readonly Segment[]): readonly Segment[] {
  const byOffset = new Map(stored.map((segment) => [segment.offset, segment]));
  const chain: Segment[] = [];
  let end = 0;
  for (let next = byOffset.get(0); next !== undefined && next.size > 0; next = byOffset.get(end)) {
    chain.push(next);
    end += next.size;
  }
  return chain;
}

/** The size of a chain. */
export function endOf(chain: readonly Segment[]): number {
  const last = chain.at(-1);
  return last === undefined ? 0 : last.offset + last.size;
}
