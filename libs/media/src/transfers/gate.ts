import { httpError } from '@causeway/http';
import type { FastifyReply } from 'fastify';
import type { MediaMetrics } from '../media-metrics.js';

const RETRY_AFTER_MS = 1_000;

/** How media travels, for metrics and bounds. */
export type Way = 'upload' | 'fetch' | 'relay';

/** Lets so many transfers of one kind in at once. */
export class Gate {
  #inside = 0;

  constructor(
    private readonly way: Way,
    private readonly most: number,
    private readonly metrics: MediaMetrics,
  ) {}

  /** @returns a function that lets the transfer out; calling it again does nothing. @throws {AppError} `unavailable` */
  enter(): () => void {
    if (this.#inside >= this.most) throw httpError('unavailable', { retryAfterMs: RETRY_AFTER_MS });
    this.#inside++;
    this.metrics.transfers.inc({ way: this.way });
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#inside--;
      this.metrics.transfers.dec({ way: this.way });
    };
  }

  /** Lets an answer in until its connection has done with it. @throws {AppError} `unavailable` */
  holdFor({ raw }: FastifyReply): void {
    const leave = this.enter();
    // Of a caller who is gone already no event would tell.
    if (raw.destroyed) leave();
    else raw.once('close', leave);
  }

  /** Counts bytes of this way. */
  readonly count = (bytes: number): void => this.metrics.bytes.inc({ way: this.way }, bytes);
}
