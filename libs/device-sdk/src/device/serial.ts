import { DeviceError } from './errors.js';

const maxWaiting = 4_096;

/** Runs operations one after the other: Signal operations on one store must not overlap. */
export class Serial {
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @throws DeviceError `too_busy`, or whatever the operation throws */
  async run<T>(operation: () => Promise<T> | T): Promise<T> {
    if (this.waiting >= maxWaiting) throw new DeviceError('too_busy');
    this.waiting += 1;
    const result = this.tail.then(operation);
    this.tail = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.waiting -= 1;
    }
  }
}
