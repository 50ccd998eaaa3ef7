import type { Clock, Timer } from './clock.js';

const SLOTS = 512;

interface Pending extends Timer {
  readonly run: () => void;
  readonly dueTick: number;
}

/**
 * A clock whose pending calls share one timer of the clock below: for thousands of connections that each wait for
 * something that seldom happens. Arming and forgetting cost one step each, however many wait. A call is never early, and
 * late by at most one tick. Nothing runs while nothing waits.
 */
export class TimerWheel implements Clock {
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<Pending>());
  #pending = 0;
  /** The last tick whose calls have run. */
  #tick: number;
  #timer: Timer | undefined;
  #timerTick = Number.POSITIVE_INFINITY;

  /** @param tickMs how much later than asked for a call may run, milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly tickMs = 100,
  ) {
    this.#tick = this.#tickNow();
  }

  now(): number {
    return this.clock.now();
  }

  monotonicMs(): number {
    return this.clock.monotonicMs();
  }

  /** How many calls wait. */
  get size(): number {
    return this.#pending;
  }

  setTimeout(fn: () => void, ms: number): Timer {
    if (this.#pending === 0) this.#tick = Math.max(this.#tick, this.#tickNow());
    const at = this.clock.monotonicMs() + Math.max(0, ms);
    const dueTick = Math.max(this.#tick + 1, Math.ceil(at / this.tickMs));
    const pending: Pending = { run: fn, dueTick, unref: () => undefined };
    this.#slotOf(dueTick).add(pending);
    this.#pending += 1;
    this.#armFor(dueTick);
    return pending;
  }

  clearTimeout(timer: Timer): void {
    const { dueTick } = timer as Pending;
    if (!this.#slotOf(dueTick).delete(timer as Pending)) return;
    this.#pending -= 1;
    if (this.#pending === 0) this.#disarm();
  }

  #slotOf(tick: number): Set<Pending> {
    return this.#slots[tick % SLOTS] as Set<Pending>;
  }

  #tickNow(): number {
    return Math.floor(this.clock.monotonicMs() / this.tickMs);
  }

  #armFor(tick: number): void {
    if (tick >= this.#timerTick) return;
    this.#disarm();
    this.#timerTick = tick;
    const ms = Math.max(0, tick * this.tickMs - this.clock.monotonicMs());
    this.#timer = this.clock.setTimeout(() => this.#turn(), ms);
    // The process is kept alive by what it serves, not by what it waits for.
    this.#timer.unref();
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerTick = Number.POSITIVE_INFINITY;
  }

  /** Runs what is due, in the order of ticks, and then in the order in which it was asked for. */
  #turn(): void {
    this.#disarm();
    const nowTick = this.#tickNow();
    const due = nowTick - this.#tick < SLOTS ? this.#dueByTick(nowTick) : this.#allDue(nowTick);
    this.#tick = Math.max(this.#tick, nowTick);
    for (const pending of due) this.#run(pending);
    this.#armNext();
  }

  #run(pending: Pending): void {
    // Forgotten by one that ran before it.
    if (!this.#slotOf(pending.dueTick).delete(pending)) return;
    this.#pending -= 1;
    try {
      pending.run();
    } catch (error) {
      // Thrown where it would be thrown without a wheel; the others that are due are not its business.
      this.clock.setTimeout(() => {
        throw error;
      }, 0);
    }
  }

  #dueByTick(nowTick: number): Pending[] {
    const due: Pending[] = [];
    for (let tick = this.#tick + 1; tick <= nowTick; tick += 1) {
      for (const pending of this.#slotOf(tick)) if (pending.dueTick <= nowTick) due.push(pending);
    }
    return due;
  }

  /** After a long standstill every slot has been passed. */
  #allDue(nowTick: number): Pending[] {
    return this.#slots
      .flatMap((slot) => [...slot].filter(({ dueTick }) => dueTick <= nowTick))
      .sort((one, other) => one.dueTick - other.dueTick);
  }

  /** Wakes up for the next slot in which something waits, also when it waits for a later turn of the wheel. */
  #armNext(): void {
    if (this.#pending === 0) return;
    for (let tick = this.#tick + 1; tick <= this.#tick + SLOTS; tick += 1) {
      if (this.#slotOf(tick).size > 0) return this.#armFor(tick);
    }
  }
}
