import { limits } from '@causeway/limits';

/** A call that was believed. */
export interface PushCall {
  readonly gatekeeper: string;
  /** Keyed hash of the identifier that it names, 32 bytes. */
  readonly identifierHmac: Uint8Array;
}

interface Waiting {
  readonly call: PushCall;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** So many calls wait that no more can be taken. */
export class PushQueueFull extends Error {
  override readonly name = 'PushQueueFull';
  readonly code = 'push_queue_full';
}

/**
 * Records calls: those that come while a statement is under way go together with the next one. A call waits for its own
 * commit, and costs the same whomever it names.
 */
export class PushRecorder {
  #waiting: Waiting[] = [];
  #working = false;

  /** @param write records calls with one statement */
  constructor(private readonly write: (calls: readonly PushCall[]) => Promise<void>) {}

  /** Resolves when the call is durable. @throws {PushQueueFull} @throws whatever `write` throws */
  record(call: PushCall): Promise<void> {
    if (this.#waiting.length >= limits.pushWaitingItems.value) return Promise.reject(new PushQueueFull());
    return new Promise((done, failed) => {
      this.#waiting.push({ call, done, failed });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, limits.pushBatchItems.value);
      try {
        await this.write(batch.map(({ call }) => call));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#working = false;
  }
}
