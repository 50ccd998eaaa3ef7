import { limits } from '@causeway/limits';
import type { Clock } from '@causeway/lifecycle';
import { Rounds } from '@causeway/sweeper';
import type { Logger } from '@causeway/telemetry';
import { blobNameOf } from '../blobs/blob-name.js';
import type { Blobs } from '../blobs/blobs.js';
import type { MediaMetrics } from '../media-metrics.js';
import type { MediaObjects } from './media-objects.js';

const BATCH = limits.mediaSweepItems.value;

/** Removes the blobs and rows of what has expired or was deleted. Any number of pods may sweep. */
export class Sweeper {
  readonly #rounds: Rounds;

  constructor(
    private readonly objects: MediaObjects,
    private readonly blobs: Blobs,
    private readonly metrics: MediaMetrics,
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#rounds = new Rounds({
      clock,
      everyMs: limits.mediaSweepMs.value,
      work: () => this.#batch(),
      onFailure: (err) => logger.warn({ err }, 'expired blobs could not be looked for; they are tried again'),
    });
  }

  /** Sweeps now, and from then on every minute; a call while it sweeps makes it sweep once more. */
  kick(): void {
    this.#rounds.kick();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #batch(): Promise<boolean> {
    const due = await this.objects.claimDue(BATCH);
    for (const reference of due) await this.#remove(reference);
    return due.length === BATCH;
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
