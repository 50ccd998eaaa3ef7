import { createHmac } from 'node:crypto';
import type { Hmac } from 'node:crypto';
import { macLength } from './keys.js';

const windowLength = 64 * 1024;
const overlap = 16;

/**
 * Makes the streaming sidecar of an audio or video blob: for each 64 KiB one truncated MAC over those bytes and the
 * 16 that follow, so that a player can check a part without having the whole.
 */
export class Sidecar {
  private readonly macs: Buffer[] = [];
  private current: Hmac | undefined;
  private previous: Hmac | undefined;
  private position = 0;

  constructor(private readonly macKey: Uint8Array) {}

  /** Takes the next bytes of the blob, its MAC included. */
  update(bytes: Uint8Array): void {
    for (let rest = bytes; rest.byteLength > 0;) {
      const offset = this.position % windowLength;
      if (offset === 0) this.startWindow();
      const end = this.previous === undefined ? windowLength : overlap;
      const part = rest.subarray(0, end - offset);
      this.current?.update(part);
      this.previous?.update(part);
      this.position += part.byteLength;
      if (this.previous !== undefined && this.position % windowLength === overlap) this.finishPrevious();
      rest = rest.subarray(part.byteLength);
    }
  }

  /** @returns the MACs of all windows, joined. */
  digest(): Uint8Array {
    this.finishPrevious();
    this.previous = this.current;
    this.finishPrevious();
    return Buffer.concat(this.macs);
  }

  private startWindow(): void {
    this.previous = this.current;
    this.current = createHmac('sha256', this.macKey);
  }

  private finishPrevious(): void {
    if (this.previous !== undefined) this.macs.push(this.previous.digest().subarray(0, macLength));
    this.previous = undefined;
  }
}
