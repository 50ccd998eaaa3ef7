export type LimitUnit =
  'bytes' | 'items' | 'milliseconds' | 'seconds' | 'levels' | 'characters' | 'connections' | 'attempts';

/** One bound of the system. */
export interface Limit {
  readonly value: number;
  readonly unit: LimitUnit;
  /** Why it is there and why it has this size. */
  readonly reason: string;
}

/** A token bucket: `capacity` at once, then `refillPerSecond`. */
export interface RateLimit {
  readonly name: string;
  readonly capacity: number;
  readonly refillPerSecond: number;
  /** What happens when the engine that counts cannot be reached: true lets the call through. */
  readonly failOpen: boolean;
  readonly reason: string;
}
