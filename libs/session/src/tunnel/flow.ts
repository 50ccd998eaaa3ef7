import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { WebSocket } from 'ws';
import { ByteBucket } from './byte-bucket.js';

/** Why nothing is read from a side for now. */
type Hold = 'rate' | 'slow';

/**
 * One direction of a tunnel: hands on each message as it is, and reads no faster than the other side takes, nor than the
 * rate allows. What waits here is bounded by the limit and one message.
 */
export class Flow {
  /** Bytes that passed. */
  bytes = 0;
  readonly #bucket: ByteBucket;
  readonly #holds = new Set<Hold>();
  #progressAtMs: number;
  #timer: Timer | undefined;

  constructor(
    private readonly from: WebSocket,
    private readonly to: WebSocket,
    private readonly clock: Clock,
  ) {
    this.#progressAtMs = clock.monotonicMs();
    const { tunnelBurstBytes: burst, tunnelBytesPerSecond: rate } = limits;
    this.#bucket = new ByteBucket(burst.value, rate.value, this.#progressAtMs);
  }

  /** Whether nothing is read from the sender now, so that it cannot be heard either. */
  get held(): boolean {
    return this.#holds.size > 0;
  }

  /** For how long the receiver has taken nothing although something waits for it, milliseconds. */
  get stalledMs(): number {
    return this.to.bufferedAmount === 0 ? 0 : this.clock.monotonicMs() - this.#progressAtMs;
  }

  /** Hands a message on. */
  pass(message: Buffer): void {
    if (this.to.readyState !== this.to.OPEN) return;
    if (this.to.bufferedAmount === 0) this.#progressAtMs = this.clock.monotonicMs();
    this.bytes += message.length;
    this.to.send(message, { binary: true }, () => this.#taken());
    if (this.to.bufferedAmount > limits.tunnelBufferedBytes.value) this.#hold('slow');
    this.#pace(message.length);
  }

  /** Ends its waiting; what comes from now on is nobody's. */
  stop(): void {
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    this.#holds.clear();
    this.from.resume();
  }

  #taken(): void {
    this.#progressAtMs = this.clock.monotonicMs();
    if (this.to.bufferedAmount <= limits.tunnelBufferedBytes.value / 2) this.#release('slow');
  }

  #pace(bytes: number): void {
    const waitMs = this.#bucket.take(bytes, this.clock.monotonicMs());
    if (waitMs === 0) return this.#release('rate');
    this.#hold('rate');
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    this.#timer = this.clock.setTimeout(() => this.#pace(0), waitMs);
  }

  #hold(why: Hold): void {
    this.#holds.add(why);
    this.from.pause();
  }

  #release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0) this.from.resume();
  }
}
