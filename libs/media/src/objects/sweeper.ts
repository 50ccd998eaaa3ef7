import { limits } from '@causeway/limits';
import type { Clock, Timer } from '@causeway/lifecycle';
import type { Logger } from '@causeway/telemetry';
import { blobNameOf } from '../blobs/blob-name.js';
import type { Blobs } from '../blobs/blobs.js';
import type { MediaMetrics } from '../media-metrics.js';
import type { MediaObjects } from './media-objects.js';

const BATCH = limits.mediaSweepItems.value;

/** Removes the blobs and rows of what has expired or was deleted. Any number of pods may sweep. */
export class Sweeper {
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(
    private readonly objects: MediaObjects,
    private readonly blobs: Blobs,
    private readonly metrics: MediaMetrics,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Sweeps now, and from then on every minute; a call while it sweeps makes it sweep once more. */
  kick(): void {
    this.#again = true;
    if (this.#stopped || this.#running !== undefined) return;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (!this.#stopped) this.#timer = this.clock.setTimeout(() => this.kick(), limits.mediaSweepMs.value);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const due = await this.objects.claimDue(BATCH);
        for (const reference of due) await this.#remove(reference);
        if (due.length === BATCH) this.#again = true;
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'expired blobs could not be looked for; they are tried again');
    }
  }

  /** One blob that cannot be removed must not keep the others: its claim runs out and it is tried again. */
  async #remove(reference: string): Promise<void> {
    try {
      await this.blobs.remove(blobNameOf(reference));
      await this.objects.forget(reference);
      this.metrics.removed.inc();
    } catch (error) {
      this.logger.warn({ err: error }, 'a blob could not be removed; it is tried again');
    }
  }
}
