import { UpstreamError } from '../upstream-error.js';

/** Frames that arrived before anybody asked for them, and the one reader that may wait for the next. */
export class FrameQueue {
  private readonly frames: Uint8Array[] = [];
  private waiting:
    { resolve: (frame: Uint8Array) => void; reject: (error: UpstreamError) => void } | undefined;
  private ended: UpstreamError | undefined;

  get size(): number {
    return this.frames.length;
  }

  push(frame: Uint8Array): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting === undefined) this.frames.push(frame);
    else waiting.resolve(frame);
  }

  /** The next frame; rejects when the connection ends first. */
  next(): Promise<Uint8Array> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const frame = this.frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  /** The next frame if there is one. */
  take(): Uint8Array | undefined {
    return this.frames.shift();
  }

  end(error: UpstreamError): void {
    this.ended ??= error;
    this.frames.length = 0;
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}
