import type { Stanza } from '@causeway/xml';

export interface DeliveryOptions {
  readonly maxInFlight: number;
  readonly handle: (stanza: Stanza) => void | Promise<void>;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly onError: (error: unknown) => void;
}

/** Hands stanzas to their handler in order, and stops reading while too many are unfinished. */
export class Delivery {
  private inFlight = 0;
  private paused = false;

  constructor(private readonly options: DeliveryOptions) {}

  push(stanza: Stanza): void {
    this.inFlight++;
    if (!this.paused && this.inFlight >= this.options.maxInFlight) {
      this.paused = true;
      this.options.pause();
    }
    void this.run(stanza);
  }

  private async run(stanza: Stanza): Promise<void> {
    try {
      await this.options.handle(stanza);
    } catch (error) {
      this.options.onError(error);
    } finally {
      this.inFlight--;
      if (this.paused && this.inFlight <= this.options.maxInFlight / 2) {
        this.paused = false;
        this.options.resume();
      }
    }
  }
}
