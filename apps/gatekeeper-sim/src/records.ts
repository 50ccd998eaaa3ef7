/** One push call and how it ended. */
export interface PushRecord {
  readonly at: number;
  readonly account: string;
  /** The HTTP status, or `failed` when there was no answer in time. */
  readonly outcome: number | 'failed';
}

/** One fetch of the partner's media on behalf of the gatekeeper's users. */
export interface MediaRecord {
  readonly at: number;
  readonly reference: string;
  readonly outcome: number | 'failed';
  readonly bytes: number;
}

/** What the server counts. */
export type Counter =
  | 'connections'
  | 'logins'
  | 'loginsRefused'
  | 'closedForMalformed'
  | 'closedForRate'
  | 'closedForUnsettled'
  | 'messagesIn'
  | 'messagesRepeated'
  | 'messagesRefused'
  | 'stanzasQueued'
  | 'stanzasSent'
  | 'settled'
  | 'settledWithError'
  | 'dropsBlocked'
  | 'userFailures';

/** What an operator of the simulator may look up; lists are bounded, the oldest make room. */
export class Records {
  readonly counters: Partial<Record<Counter, number>> = {};
  readonly pushes: PushRecord[] = [];
  readonly mediaFetches: MediaRecord[] = [];

  constructor(private readonly max: number) {}

  count(counter: Counter): void {
    this.counters[counter] = (this.counters[counter] ?? 0) + 1;
  }

  push(record: PushRecord): void {
    this.#keep(this.pushes, record);
  }

  mediaFetch(record: MediaRecord): void {
    this.#keep(this.mediaFetches, record);
  }

  #keep<T>(list: T[], record: T): void {
    list.push(record);
    if (list.length > this.max) list.shift();
  }
}
