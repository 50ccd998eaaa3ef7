import type { Headers, RawEvent } from '../envelope/records.js';

/** The oldest event of a parked lane. */
export interface ParkedEvent {
  readonly id: string;
  readonly raw: RawEvent;
  /** Why it is here; `lane_parked` when it was never tried, only kept behind others. */
  readonly code: string;
  /** Delayed tries that failed. */
  readonly rounds: number;
  readonly due: boolean;
}

/** A row as it is read. */
export interface ParkedRow extends Record<string, unknown> {
  readonly id: string;
  readonly partition: number;
  readonly event_offset: string;
  readonly lane: string;
  readonly headers: string;
  readonly payload: Buffer | null;
  readonly code: string;
  readonly rounds: number;
  readonly due: boolean;
}

export function parkedEventOf(row: ParkedRow): ParkedEvent {
  const { id, partition, code, rounds, due } = row;
  const raw: RawEvent = {
    partition,
    offset: BigInt(row.event_offset),
    key: row.lane,
    headers: JSON.parse(row.headers) as Headers,
    payload: row.payload?.toString('utf8'),
  };
  return { id, raw, code, rounds, due };
}

/** Whether PostgreSQL can hold the event: text without a zero character. */
export function canBeParked(raw: RawEvent): boolean {
  return !(raw.key ?? '').includes('\0') && !(raw.headers['ce_id'] ?? '').includes('\0');
}
