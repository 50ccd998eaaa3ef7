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
  /**
   * Begins it, whatever becomes of it.
   * @returns what must hold in the end, after the service was killed and is back
   */
  begin(place: Place): Promise<JobUnderWay>;
}

export interface JobUnderWay {
  /** What others do while the service is down. */
  whileDown?(): Promise<void>;
  /** Checks that the job ends well. Throws when it does not. */
  ends(): Promise<void>;
}
