const HOUR_MS = 3_600_000;

/** So many times in any hour, and not more. */
export class HourlyBudget {
  #takenAtMs: number[] = [];

  constructor(private readonly most: number) {}

  /** @param nowMs monotonic milliseconds. @returns whether there was one left; it is taken then */
  take(nowMs: number): boolean {
    this.#takenAtMs = this.#takenAtMs.filter((atMs) => atMs > nowMs - HOUR_MS);
    if (this.#takenAtMs.length >= this.most) return false;
    this.#takenAtMs.push(nowMs);
    return true;
  }
}
