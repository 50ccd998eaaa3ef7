import { httpError } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import type { Lock, Locker, RequestRelease } from '@tus/server';

const WAIT_MS = 10_000;
const WAITING_PER_UPLOAD = 4;

interface Held {
  readonly release: RequestRelease;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly release: RequestRelease;
  readonly granted: () => void;
}

/**
 * One request at a time works on an upload in this process. A second one, by a device whose first connection hangs,
 * asks the first to give way and waits for it, asleep. Between processes the blob store decides: it appends only where
 * a blob ends.
 */
export class UploadLocks implements Locker {
  readonly #held = new Map<string, Held>();

  constructor(private readonly clock: Clock) {}

  newLock(id: string): Lock {
    return {
      lock: (signal, release) => this.#lock(id, signal, release),
      unlock: async () => this.#unlock(id),
    };
  }

  async #lock(id: string, signal: AbortSignal, release: RequestRelease): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) {
      this.#held.set(id, { release, waiting: [] });
      return;
    }
    if (held.waiting.length >= WAITING_PER_UPLOAD || signal.aborted) throw httpError('conflict');
    await Promise.all([held.release(), this.#wait(held, signal, release)]);
  }

  #wait({ waiting }: Held, signal: AbortSignal, release: RequestRelease): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.clock.clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
      };
      const granted = (): void => {
        stop();
        resolve();
      };
      const entry = { release, granted };
      const giveUp = (): void => {
        stop();
        waiting.splice(waiting.indexOf(entry), 1);
        reject(httpError('conflict'));
      };
      const timer = this.clock.setTimeout(giveUp, WAIT_MS);
      signal.addEventListener('abort', giveUp);
      waiting.push(entry);
    });
  }

  #unlock(id: string): void {
    const waiting = this.#held.get(id)?.waiting ?? [];
    const next = waiting.shift();
    if (next === undefined) {
      this.#held.delete(id);
      return;
    }
    this.#held.set(id, { release: next.release, waiting });
    next.granted();
  }
}
