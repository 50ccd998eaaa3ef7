import type { Clock, Timer } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { Rounds } from '@causeway/sweeper';
import type { Logger } from '@causeway/telemetry';
import type { PushStore } from './push.store.js';

const BATCH = limits.pushBatchItems.value;
const LOOK_MS = 2_000;

/** Resolves recorded calls apart from answering them, so that the answer's time does not tell who is a user. */
export class PushResolver {
  readonly #rounds: Rounds;
  #soon: Timer | undefined;

  constructor(
    store: Pick<PushStore, 'resolve'>,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    this.#rounds = new Rounds({
      clock,
      everyMs: LOOK_MS,
      work: async () => (await store.resolve(BATCH)) === BATCH,
      onFailure: (err) => logger.warn({ err }, 'push calls could not be resolved; they are tried again'),
    });
  }

  /** Looks soon, for all that are recorded until then: a look costs the same for one call and for many. */
  kick(): void {
    this.#soon ??= this.clock.setTimeout(() => {
      this.#soon = undefined;
      this.#rounds.kick();
    }, limits.pushResolveMs.value);
  }

  async stop(): Promise<void> {
    if (this.#soon !== undefined) this.clock.clearTimeout(this.#soon);
    await this.#rounds.stop();
  }
}
