import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { Rounds } from '@causeway/sweeper';
import type { Logger } from '@causeway/telemetry';
import type { PushStore } from './push.store.js';

const BATCH = limits.pushBatchItems.value;
const LOOK_MS = 2_000;

/** Resolves recorded calls apart from answering them, so that the answer's time does not tell who is a user. */
export class PushResolver {
  readonly #rounds: Rounds;

  constructor(store: Pick<PushStore, 'resolve'>, clock: Clock, logger: Logger) {
    this.#rounds = new Rounds({
      clock,
      everyMs: LOOK_MS,
      work: async () => (await store.resolve(BATCH)) === BATCH,
      onFailure: (err) => logger.warn({ err }, 'push calls could not be resolved; they are tried again'),
    });
  }

  /** Looks now; a call while it looks makes it look once more. */
  kick(): void {
    this.#rounds.kick();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }
}
