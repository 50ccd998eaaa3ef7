import type { People } from '../../checks/people.js';
import type { Column } from '../../column/column.js';

/** Where a job is done. */
export interface Place {
  readonly column: Column;
  readonly people: People;
}

/** What a service does beside the messages, with a failpoint on its way. */
export interface Job {
  /** The failpoint. */
  readonly name: string;
  readonly service: string;
  /** Does what comes before it, which may pass the failpoint too. */
  prepare(place: Place): Promise<PreparedJob>;
}

export interface PreparedJob {
  /** Begins it, whatever becomes of it. */
  begin(): Promise<void>;
  /** What others do while the service is down. */
  whileDown?(): Promise<void>;
  /** Checks, after the service was killed and is back, that the job ends well. Throws when it does not. */
  ends(): Promise<void>;
}
