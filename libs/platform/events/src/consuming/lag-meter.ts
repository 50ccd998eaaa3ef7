import type { Logger } from '@causeway/telemetry';

/** Asks a member for its lag now and then; one question at a time. */
export class LagMeter {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param show gets the lag, and 0 when the meter is stopped: what the member had is another's to report */
  constructor(
    private readonly lag: () => Promise<number>,
    private readonly show: (events: number) => void,
    private readonly everyMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.measure().finally(() => this.start()), this.everyMs);
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.show(0);
  }

  private async measure(): Promise<void> {
    try {
      const events = await this.lag();
      if (!this.stopped) this.show(events);
    } catch (err) {
      // The gauge keeps what was measured last: an engine that is away has readings of its own.
      this.logger.debug({ err }, 'lag could not be measured');
    }
  }
}
