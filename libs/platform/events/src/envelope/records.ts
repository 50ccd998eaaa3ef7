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

/** Bytes that one of UTF-16's units takes at most in UTF-8. */
const maxUnitBytes = 3;

/** Whether `sizeOf` would be more than `bytes`; mostly without looking at the texts. */
export function isLarger(bytes: number, key: string, headers: Headers, payload: string): boolean {
  let units = key.length + payload.length;
  for (const name of Object.keys(headers)) units += name.length + (headers[name]?.length ?? 0);
  return units * maxUnitBytes > bytes && sizeOf(key, headers, payload) > bytes;
}
