/** Headers of a record; CloudEvents attributes in binary mode and `traceparent`. */
export type Headers = Readonly<Record<string, string>>;

/** An event ready for a log. */
export interface EncodedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly headers: Headers;
  /** JSON text; null where a dead letter must not carry it. */
  readonly payload: string | null;
  /** Size of payload, key and headers, roughly. */
  readonly bytes: number;
}

/** An event as it came out of a log: nothing about it is trusted yet. */
export interface RawEvent {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  readonly headers: Headers;
  readonly payload: string | undefined;
}

export function sizeOf(key: string, headers: Headers, payload: string | null): number {
  let size = Buffer.byteLength(key) + (payload === null ? 0 : Buffer.byteLength(payload));
  for (const [name, value] of Object.entries(headers)) size += name.length + Buffer.byteLength(value);
  return size;
}
