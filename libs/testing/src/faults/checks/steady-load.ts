import { randomUUID } from 'node:crypto';
import type { DeliveryChecker, SendOutcome, Tracked } from './delivery-checker.js';

export interface SteadyLoadOptions {
  readonly checker: DeliveryChecker;
  readonly keys: readonly string[];
  /** Between two rounds; each round sends one message of every key. */
  readonly everyMs: number;
  /** Rounds on their way at the same time; beyond it a round is left out. */
  readonly maxRounds: number;
  /** Resolves when the message was taken. */
  readonly send: (message: Tracked) => Promise<void>;
  /** What a rejection of `send` says about the message. */
  readonly outcomeOf: (error: unknown) => SendOutcome;
}

/** Sends at a steady pace whatever becomes of earlier messages (open loop), and tells the checker how each one went. */
export class SteadyLoad {
  private readonly timer: NodeJS.Timeout;
  private readonly rounds = new Set<Promise<unknown>>();
  private readonly begunAt = new Map<string, number>();
  private seq = 0;

  constructor(private readonly options: SteadyLoadOptions) {
    this.timer = setInterval(() => this.round(), options.everyMs);
  }

  /** Sends nothing more; resolves when every message has its outcome. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.rounds);
  }

  /** When the message began, milliseconds since 1970 by a clock that does not jump. */
  beganAt(id: string): number | undefined {
    return this.begunAt.get(id);
  }

  private round(): void {
    const { keys, maxRounds } = this.options;
    if (this.rounds.size >= maxRounds) return;
    const seq = this.seq++;
    const round = Promise.all(keys.map((key) => this.send({ id: randomUUID(), key, seq }))).finally(() =>
      this.rounds.delete(round),
    );
    this.rounds.add(round);
  }

  private async send(message: Tracked): Promise<void> {
    const { checker, send, outcomeOf } = this.options;
    checker.began(message);
    this.begunAt.set(message.id, steadyNow());
    try {
      await send(message);
      checker.told(message.id, 'ok');
    } catch (error) {
      checker.told(message.id, outcomeOf(error));
    }
  }
}

/** Milliseconds since 1970 as they were when this process began, plus what has passed: no jump of the wall clock shows. */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
