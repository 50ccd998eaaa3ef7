import type { Clock, Timer } from '@causeway/lifecycle';

/** One pending call that can be armed, moved and disarmed. */
export class Deadline {
  private timer: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  get armed(): boolean {
    return this.timer !== undefined;
  }

  arm(ms: number, run: () => void): void {
    this.disarm();
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined;
      run();
    }, ms);
  }

  disarm(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
