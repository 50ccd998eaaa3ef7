import type { Stanza } from '@causeway/xml';
import { UpstreamError } from '../../upstream-error.js';

/** Counters go round here (XEP-0198, 4). */
export const counterModulus = 2 ** 32;

/** A stanza that was sent and that the server has not acknowledged. */
export interface Unacknowledged {
  readonly stanza: Stanza;
  /** What it was to whoever sent it, e.g. the id of a message. */
  readonly id: string | undefined;
}

/** What is left of a session when its connection is lost. */
export interface ManagedState {
  /** Received stanzas that are settled without a gap: what the server need not send again. */
  readonly settled: number;
  /** Beyond the gap: settled, too, although the server sends them again. */
  readonly settledBeyond: readonly number[];
  readonly acknowledged: number;
  readonly queue: readonly Unacknowledged[];
}

const fresh: ManagedState = { settled: 0, settledBeyond: [], acknowledged: 0, queue: [] };

/**
 * The counters of XEP-0198 and the queue of what the server has not acknowledged. Two things differ from a client that
 * shows messages at once: a received stanza counts as handled when its owner has settled it, so that the server keeps it
 * until then, and the queue has a limit.
 */
export class StreamManagement {
  private readonly queue: Unacknowledged[];
  private acknowledged: number;
  private settledCount: number;
  private receivedCount: number;
  private readonly beyond: Set<number>;

  /** @param maxUnacknowledged stanzas in the queue */
  constructor(
    private readonly maxUnacknowledged: number,
    state: ManagedState = fresh,
  ) {
    this.queue = [...state.queue];
    this.acknowledged = state.acknowledged;
    this.settledCount = state.settled;
    // The server sends again what is not settled, under the same numbers.
    this.receivedCount = state.settled;
    this.beyond = new Set(state.settledBeyond);
  }

  get unacknowledged(): readonly Unacknowledged[] {
    return this.queue;
  }

  /** Received stanzas that nobody has settled yet. */
  get unsettled(): number {
    return distance(this.settledCount, this.receivedCount) - this.beyondReceived;
  }

  /** The `h` to tell the server. */
  get handled(): number {
    return this.settledCount;
  }

  private get beyondReceived(): number {
    const span = distance(this.settledCount, this.receivedCount);
    return [...this.beyond].filter((number) => distance(this.settledCount, number) <= span).length;
  }

  /**
   * Note a stanza that is about to be sent.
   *
   * @throws UpstreamError `send_buffer_full`
   */
  sent(stanza: Stanza, id?: string): Unacknowledged {
    if (this.queue.length >= this.maxUnacknowledged) throw new UpstreamError('send_buffer_full');
    const entry = { stanza, id };
    this.queue.push(entry);
    return entry;
  }

  /** Nobody waits for the acknowledgement of this stanza any more; the server counts it all the same. */
  answered(id: string): void {
    const at = this.queue.findIndex((entry) => entry.id === id);
    const entry = this.queue[at];
    if (entry !== undefined) this.queue[at] = { stanza: entry.stanza, id: undefined };
  }

  /** A stanza could not be written after all: the server will never count it. */
  withdraw(entry: Unacknowledged): void {
    const at = this.queue.indexOf(entry);
    if (at !== -1) this.queue.splice(at, 1);
  }

  /**
   * The server has handled so many of our stanzas.
   *
   * @returns those that it had not acknowledged before, oldest first
   * @throws UpstreamError `wire_broken` for a number that cannot be: not a number, lower than before, or above what was sent
   */
  acknowledge(h: string | undefined): readonly Unacknowledged[] {
    if (h === undefined || !/^[0-9]{1,10}$/.test(h) || Number(h) >= counterModulus) throw broken();
    const count = distance(this.acknowledged, Number(h));
    if (count > this.queue.length) throw broken();
    this.acknowledged = Number(h);
    return this.queue.splice(0, count);
  }

  /** Count a stanza. @returns its number, and whether it was settled before the connection was lost */
  received(): { readonly number: number; readonly again: boolean } {
    this.receivedCount = (this.receivedCount + 1) % counterModulus;
    return { number: this.receivedCount, again: this.beyond.has(this.receivedCount) };
  }

  /** Settle a received stanza by its number. @returns whether `handled` has grown by it */
  settle(number: number): boolean {
    const before = this.settledCount;
    const ahead = distance(before, number);
    if (ahead === 0 || ahead > counterModulus / 2) return false;
    this.beyond.add(number);
    for (;;) {
      const next = (this.settledCount + 1) % counterModulus;
      // What was settled before the connection was lost counts when the server has sent it again.
      if (this.settledCount === this.receivedCount || !this.beyond.delete(next)) break;
      this.settledCount = next;
    }
    return this.settledCount !== before;
  }

  /** What a later connection resumes from. */
  state(): ManagedState {
    return {
      settled: this.settledCount,
      settledBeyond: [...this.beyond],
      acknowledged: this.acknowledged,
      queue: [...this.queue],
    };
  }
}

function distance(from: number, to: number): number {
  return (to - from + counterModulus) % counterModulus;
}

function broken(): UpstreamError {
  return new UpstreamError('wire_broken');
}
