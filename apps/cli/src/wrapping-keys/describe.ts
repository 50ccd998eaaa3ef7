import { wrapperAt, type WrappingRing } from '@causeway/sealing';
import { table } from '../output/table.js';

/** What may be told of a wrapping key. */
export interface WrappingKeyReport {
  readonly id: string;
  /** coming, wrapping, resting; missing: rows name it and the ring has it not. */
  readonly state: 'coming' | 'wrapping' | 'resting' | 'missing';
  /** Whether the key service has it. */
  readonly remote: boolean;
  readonly wrapsFrom?: string;
  /** Rows that name it, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** @param counts rows by wrapping key, by table */
export function reportOf(
  ring: WrappingRing | undefined,
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
  now: number,
): WrappingKeyReport[] {
  const rowsOf = (id: string) =>
    Object.fromEntries([...counts].map(([name, byKey]) => [name, byKey.get(id) ?? 0]));
  const known = (ring?.keys ?? []).map((key): WrappingKeyReport => {
    const wrapper = ring && wrapperAt(ring, now);
    const waits = key.wrapsFrom > now ? 'coming' : 'resting';
    return {
      id: key.id,
      state: wrapper?.id === key.id ? 'wrapping' : waits,
      remote: key.key === undefined,
      wrapsFrom: new Date(key.wrapsFrom).toISOString(),
      rows: rowsOf(key.id),
    };
  });
  const ids = new Set(known.map(({ id }) => id));
  const named = new Set([...counts.values()].flatMap((byKey) => [...byKey.keys()]));
  const missing = [...named].filter((id) => !ids.has(id));
  return [
    ...known,
    ...missing.map((id) => ({ id, state: 'missing', remote: false, rows: rowsOf(id) }) as const),
  ];
}

export function describeKeys(keys: readonly WrappingKeyReport[]): string[] {
  if (keys.length === 0) return ['there are no keys yet: causeway wrapping-keys rotate makes the first'];
  const rows = keys.map(({ id, state, remote, wrapsFrom = '', rows: count }) => [
    id,
    state,
    remote ? 'remote' : 'file',
    wrapsFrom,
    Object.entries(count)
      .map(([name, number]) => `${name} ${number}`)
      .join(', '),
  ]);
  return table([['key', 'state', 'where', 'wraps from', 'rows'], ...rows]);
}
