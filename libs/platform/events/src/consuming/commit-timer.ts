/** Commits a while after something was done. While nothing is, there is no timer: an idle member costs nothing. */
export class CommitTimer {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param afterMs between the first thing done and the commit: what may be handled again after a crash */
  constructor(
    private readonly commit: () => Promise<void>,
    private readonly afterMs: number,
  ) {}

  /** Something is to be committed, or could not be. */
  due(): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.commit();
    }, this.afterMs);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
