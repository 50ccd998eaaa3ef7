import type { Clock, Timer } from '@causeway/lifecycle';
import type { Logger } from '@causeway/telemetry';
import type { PushStore } from './push.store.js';

const BATCH = 100;
const LOOK_MS = 2_000;
const EXPIRE_EVERY_MS = 3_600_000;

/** Resolves recorded calls apart from answering them, so that the answer's time does not tell who is a user. */
export class PushResolver {
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #expiredAtMs = -Infinity;

  constructor(
    private readonly store: PushStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.kick();
  }

  /** Looks now; a call while it looks makes it look once more. */
  kick(): void {
    this.#again = true;
    if (this.#stopped || this.#running !== undefined) return;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (!this.#stopped) this.#timer = this.clock.setTimeout(() => this.kick(), LOOK_MS);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = (await this.store.resolve(BATCH)) === BATCH;
      }
      const nowMs = this.clock.monotonicMs();
      if (nowMs - this.#expiredAtMs < EXPIRE_EVERY_MS) return;
      this.#expiredAtMs = nowMs;
      await this.store.expire();
    } catch (error) {
      this.logger.warn({ err: error }, 'push calls could not be resolved; they are tried again');
    }
  }
}
