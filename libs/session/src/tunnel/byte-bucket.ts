/** A token bucket of bytes for one direction of one tunnel: a burst at once, then a steady rate. It may go into debt. */
export class ByteBucket {
  #bytes: number;
  #atMs: number;

  constructor(
    private readonly burstBytes: number,
    private readonly bytesPerSecond: number,
    nowMs: number,
  ) {
    this.#bytes = burstBytes;
    this.#atMs = nowMs;
  }

  /** Takes bytes that have passed. @returns after how many milliseconds more may be read; 0 for at once */
  take(bytes: number, nowMs: number): number {
    const grown = ((nowMs - this.#atMs) * this.bytesPerSecond) / 1_000;
    this.#bytes = Math.min(this.burstBytes, this.#bytes + grown) - bytes;
    this.#atMs = nowMs;
    return this.#bytes >= 0 ? 0 : Math.ceil((-this.#bytes * 1_000) / this.bytesPerSecond);
  }
}
