import { pipeline, Transform, type Readable, type TransformCallback } from 'node:stream';
import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { TransferError } from './transfer.errors.js';

/** What a transfer must keep to. */
export interface TransferBounds {
  readonly clock: Clock;
  /** Exactly so many bytes; without it any number. */
  readonly bytes?: number;
  /** Told of every chunk that passes, in bytes. */
  readonly onBytes: (bytes: number) => void;
}

/** Passes bytes on at the pace of the reader; fails when nothing moves, and when there are too few or too many. */
class TransferGuard extends Transform {
  readonly #bounds: TransferBounds;
  #passed = 0;
  #timer: Timer | undefined;

  constructor(bounds: TransferBounds) {
    super();
    this.#bounds = bounds;
    this.#watch();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { bytes, onBytes } = this.#bounds;
    this.#passed += chunk.byteLength;
    if (bytes !== undefined && this.#passed > bytes) {
      return done(new TransferError('transfer_too_long', 'more bytes came than were announced'));
    }
    onBytes(chunk.byteLength);
    this.#watch();
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const { bytes } = this.#bounds;
    if (bytes === undefined || bytes === this.#passed) return done();
    done(new TransferError('transfer_incomplete', 'fewer bytes came than were announced'));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stopWatching();
    done(error);
  }

  #watch(): void {
    this.#stopWatching();
    const cut = (): void => {
      this.destroy(new TransferError('transfer_idle', 'no byte moved for too long'));
    };
    this.#timer = this.#bounds.clock.setTimeout(cut, limits.mediaIdleMs.value);
  }

  #stopWatching(): void {
    if (this.#timer !== undefined) this.#bounds.clock.clearTimeout(this.#timer);
  }
}

/**
 * A stream with its bounds kept: it fails with a TransferError (`transfer_idle`, `transfer_incomplete`,
 * `transfer_too_long`) or as its source does, and its end, however it comes, ends the source too.
 */
export function guarded(source: Readable, bounds: TransferBounds): Readable {
  // Whoever reads the guard learns of its failure there.
  return pipeline(source, new TransferGuard(bounds), () => undefined);
}
