import type { RawEvent } from '../envelope/records.js';
import type { Ownership } from './event-handler.js';
import type { EventProcessor } from './event-processor.js';
import { OffsetWindow } from './offset-window.js';

export interface PartitionConsumerOptions<T> {
  readonly partition: number;
  readonly generation: number;
  readonly processor: EventProcessor<T>;
  /** Events that may wait or be at work; at the bound `offer` refuses. */
  readonly maxQueued: number;
  /** Keys handled at the same time. */
  readonly maxLanes: number;
  /** False while this process cannot be sure that the partition is still its own. */
  readonly mayHandle: () => boolean;
  /** Called when a full queue is half empty again. */
  readonly onRoom: () => void;
  /** Called when an event is done. */
  readonly onDone: () => void;
}

/** What a lane holds: events, and the turn of what is parked in it. */
type LaneItem = RawEvent | 'turn';

/**
 * One assigned partition: a bounded queue in lanes. A lane is a key; its events are handled one after another, lanes
 * side by side. Positions are taken from here and committed by whoever feeds it.
 */
export class PartitionConsumer<T> implements Ownership {
  readonly partition: number;
  /** Rises when the partition stays here through a rebalance. */
  generation: number;
  private readonly window = new OffsetWindow();
  private readonly lanes = new Map<string, LaneItem[]>();
  /** Lanes with a turn that has not begun: one is enough. */
  private readonly turns = new Set<string>();
  private readonly waiting: string[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly aborter = new AbortController();
  private held = true;
  private stopping = false;
  private refused = false;
  private taken: bigint | undefined;

  constructor(private readonly options: PartitionConsumerOptions<T>) {
    this.partition = options.partition;
    this.generation = options.generation;
  }

  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  mayHandle(): boolean {
    return this.options.mayHandle();
  }

  /** Lets handling begin. */
  release(): void {
    this.held = false;
    this.pump();
  }

  /** Where the next event is expected: what lies before was taken already. */
  get next(): bigint | undefined {
    return this.taken === undefined ? undefined : this.taken + 1n;
  }

  /** The position to commit. */
  get position(): bigint | undefined {
    return this.window.position;
  }

  /** The first event that is not done, or the one expected next; undefined before the first. */
  get unfinished(): bigint | undefined {
    return this.window.unfinished;
  }

  get queued(): number {
    return this.window.size;
  }

  get full(): boolean {
    return this.window.size >= this.options.maxQueued;
  }

  /** Takes an event; one that was taken before is ignored. False when the queue is full: ask again after `onRoom`. */
  offer(raw: RawEvent): boolean {
    if (this.taken !== undefined && raw.offset <= this.taken) return true;
    if (this.full || this.stopping) {
      this.refused = true;
      return false;
    }
    this.taken = raw.offset;
    this.window.open(raw.offset);
    this.append(raw.key ?? '', raw);
    return true;
  }

  /** Gives a parked lane its turn, after the events of it that are at work or wait here. */
  turn(lane: string): void {
    if (this.stopping || this.turns.has(lane)) return;
    this.turns.add(lane);
    this.append(lane, 'turn');
  }

  /** Starts nothing more, waits up to `graceMs` for handlers at work, then aborts their signals. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    if (graceMs > 0 && this.running.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
      await Promise.race([Promise.all(this.running), grace]);
      clearTimeout(timer);
    }
    this.aborter.abort();
    this.options.processor.release();
  }

  /** To be called when `mayHandle` may have become true again. */
  wake(): void {
    this.pump();
  }

  private get blocked(): boolean {
    return this.held || this.stopping || !this.mayHandle();
  }

  private append(key: string, item: LaneItem): void {
    const lane = this.lanes.get(key);
    if (lane !== undefined) {
      lane.push(item);
      return;
    }
    this.lanes.set(key, [item]);
    this.waiting.push(key);
    this.pump();
  }

  private pump(): void {
    while (this.running.size < this.options.maxLanes && this.waiting.length > 0 && !this.blocked) {
      const key = this.waiting.shift() ?? '';
      const run = this.runLane(key).finally(() => {
        this.running.delete(run);
        this.pump();
      });
      this.running.add(run);
    }
  }

  private async runLane(key: string): Promise<void> {
    const lane = this.lanes.get(key) ?? [];
    for (let item = lane[0]; item !== undefined; item = lane[0]) {
      if (this.blocked) {
        this.waiting.unshift(key);
        return;
      }
      if (item === 'turn') {
        this.turns.delete(key);
        await this.options.processor.turn(key, this);
        lane.shift();
        continue;
      }
      if (!(await this.options.processor.process(item, this))) return;
      lane.shift();
      this.window.close(item.offset);
      this.options.onDone();
      this.tellRoom();
    }
    this.lanes.delete(key);
  }

  private tellRoom(): void {
    if (!this.refused || this.stopping || this.window.size > this.options.maxQueued / 2) return;
    this.refused = false;
    this.options.onRoom();
  }
}
