const HOUR_MS = 3_600_000;

/** Counts what each session has asked within the last hour. Knows a bounded number of sessions. */
export class AgreementRate {
  readonly #askedAtMs = new Map<string, number[]>();

  /**
   * @param perHour how often one session may ask
   * @param sessions how many sessions are known; beyond it the one that has been known longest is forgotten
   */
  constructor(
    private readonly perHour: number,
    private readonly sessions: number,
  ) {}

  /** @param nowMs monotonic @returns whether the session may ask once more, which is then counted */
  take(sessionKey: string, nowMs: number): boolean {
    const recent = (this.#askedAtMs.get(sessionKey) ?? []).filter((atMs) => atMs > nowMs - HOUR_MS);
    if (recent.length >= this.perHour) return false;
    // Set anew, so that the map is in the order of the last question.
    this.#askedAtMs.delete(sessionKey);
    this.#askedAtMs.set(sessionKey, [...recent, nowMs]);
    const [oldest] = this.#askedAtMs.keys();
    if (this.#askedAtMs.size > this.sessions && oldest !== undefined) this.#askedAtMs.delete(oldest);
    return true;
  }
}
