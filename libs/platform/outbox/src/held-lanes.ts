import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Logger } from '@causeway/telemetry';
import type { Lane } from './rows.js';

const retryMs = 60_000;

/**
 * Lanes whose first row is refused: it stays, with the rows behind it, and is tried again every minute, while all other
 * lanes go on. Bounded: beyond the bound a refused row is tried again with every batch.
 */
export class HeldLanes {
  private readonly until = new Map<string, Lane & { readonly until: number }>();

  constructor(
    private readonly logger: Logger,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  get size(): number {
    return this.until.size;
  }

  hold({ topic, key }: Lane): void {
    this.logger.error({ topic }, 'an event of the outbox is refused; its lane is held back');
    if (this.until.size >= limits.parkedLaneItems.value) return;
    this.until.set(JSON.stringify([topic, key]), { topic, key, until: this.clock.monotonicMs() + retryMs });
  }

  /** The lanes held back now. */
  lanes(): Lane[] {
    const now = this.clock.monotonicMs();
    for (const [id, lane] of this.until) if (lane.until <= now) this.until.delete(id);
    return [...this.until.values()];
  }
}
