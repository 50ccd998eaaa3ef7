import type { Clock } from '@causeway/lifecycle';

/** Waits that can be cut short; a call that comes while nobody waits is remembered. */
export class WakeUp {
  private rung = false;
  private resume: (() => void) | undefined;

  constructor(private readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>) {}

  /** Ends a wait at once, or makes the next one end at once. */
  now(): void {
    this.rung = true;
    this.resume?.();
  }

  /** Resolves when called, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.rung) await this.pause(ms);
    this.rung = false;
  }

  /** As `wait`, but a call from before does not count. */
  async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.clock.setTimeout(resolve, ms);
      this.resume = () => {
        this.clock.clearTimeout(timer);
        resolve();
      };
    });
    this.resume = undefined;
  }
}
