import { systemClock, type Clock } from './clock.js';
import { withDeadline } from './deadline.js';
import { LifecycleError } from './lifecycle.errors.js';
import { installSignalHandlers, type ProcessHandle } from './signals.js';
import { stages, type Stage } from './stages.js';

/** What the lifecycle needs of a logger; @causeway/telemetry's fits. */
export interface LifecycleLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LifecycleOptions {
  readonly logger: LifecycleLogger;
  readonly clock?: Clock;
  /** Called with 1 when the drain begins: feed the gauge `shutting_down`, by which alerts are muted. */
  readonly onShuttingDown?: (value: 1) => void;
}

export interface DrainReport {
  /** True when every stop function ended in its time and without an error. */
  readonly clean: boolean;
  readonly failed: readonly { readonly name: string; readonly stage: Stage; readonly timedOut: boolean }[];
}

interface StopFunction {
  readonly name: string;
  readonly fn: () => Promise<void> | void;
  readonly timeoutMs: number;
}

/** Readiness and the ordered drain of one service. */
export class Lifecycle {
  private readonly stops = new Map<Stage, Set<StopFunction>>(stages.map((stage) => [stage, new Set()]));
  private readonly clock: Clock;
  private readonly stopping = new AbortController();
  private reached = -1;
  private isReady = false;
  private draining: Promise<DrainReport> | undefined;

  constructor(private readonly options: LifecycleOptions) {
    this.clock = options.clock ?? systemClock;
  }

  /** True between `markReady` and the beginning of the drain. */
  ready(): boolean {
    return this.isReady && !this.draining;
  }

  markReady(): void {
    this.isReady = true;
  }

  /** Aborted as soon as the drain begins. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /**
   * Registers what to do when the service stops. The functions of one stage run at the same time; the next stage begins
   * when all have ended or run out of time (`timeoutMs`, milliseconds). What depends on another's end belongs in a later stage.
   * @returns a function that takes the registration back
   * @throws LifecycleError `stage_passed` when the drain is already beyond the stage
   */
  onStop(name: string, stage: Stage, fn: () => Promise<void> | void, timeoutMs: number): () => void {
    if (stages.indexOf(stage) <= this.reached) {
      throw new LifecycleError('stage_passed', `the drain is already beyond ${stage}: ${name}`);
    }
    const stop: StopFunction = { name, fn, timeoutMs };
    this.stops.get(stage)?.add(stop);
    return () => void this.stops.get(stage)?.delete(stop);
  }

  /** The longest that a drain can take with what is registered now, in milliseconds. */
  drainBudgetMs(): number {
    const longest = [...this.stops.values()].map((stage) =>
      Math.max(0, ...[...stage].map((stop) => stop.timeoutMs)),
    );
    return longest.reduce((sum, ms) => sum + ms, 0);
  }

  /** Runs all stages once; later calls get the same promise. Never rejects. */
  drain(): Promise<DrainReport> {
    this.draining ??= this.runStages();
    return this.draining;
  }

  /**
   * Drains on SIGTERM and SIGINT. The exit code becomes 0 after a clean drain and 1 otherwise; the process then ends by
   * itself. A second signal changes nothing; if something keeps the process alive beyond the drain's budget, it exits with 1.
   * @returns a function that takes the handlers away
   */
  installSignalHandlers(handle: ProcessHandle = process): () => void {
    return installSignalHandlers({ lifecycle: this, clock: this.clock, logger: this.options.logger, handle });
  }

  private async runStages(): Promise<DrainReport> {
    const startedMs = this.clock.monotonicMs();
    const failed: DrainReport['failed'][number][] = [];
    this.options.onShuttingDown?.(1);
    this.stopping.abort();
    for (const [index, stage] of stages.entries()) {
      this.reached = index;
      const stops = [...(this.stops.get(stage) ?? [])];
      const results = await Promise.all(stops.map((stop) => this.run(stop, stage)));
      failed.push(...results.filter((result) => result !== undefined));
    }
    const durationMs = Math.round(this.clock.monotonicMs() - startedMs);
    this.options.logger.info({ durationMs, failed: failed.length }, 'drained');
    return { clean: failed.length === 0, failed };
  }

  private async run(stop: StopFunction, stage: Stage): Promise<DrainReport['failed'][number] | undefined> {
    const { name, timeoutMs } = stop;
    const expired = new LifecycleError('stop_timed_out', `${name} did not stop in ${timeoutMs} ms`);
    try {
      // The extra tick turns a synchronous throw into a rejection, so that the others of the stage still run.
      const work = Promise.resolve().then(() => stop.fn());
      await withDeadline(this.clock, timeoutMs, work, () => expired);
      return undefined;
    } catch (err) {
      this.options.logger.error({ err, step: name, stage }, 'stop function failed; the drain goes on');
      return { name, stage, timedOut: err === expired };
    }
  }
}
