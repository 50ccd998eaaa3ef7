import { upstreamTopic } from '@causeway/contracts/upstream';
import { claimInbox } from '@causeway/outbox';
import type { Postgres } from '@causeway/postgres';

const SCHEMA = 'session';

/**
 * Which batches of one-time prekeys were offered to a gatekeeper. An event can come twice, as when this pod or the one
 * that published it is killed; the gatekeeper may have handed out keys of the batch in between, and would again.
 */
export class PreKeyOffers {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Takes the right to offer a batch, before it is offered: one that is then lost is burnt.
   * @param eventId of the command that brings it
   * @returns false when it was taken before
   * @throws {PostgresError} so that the command is tried again
   */
  claim(eventId: string): Promise<boolean> {
    return claimInbox(this.postgres, SCHEMA, upstreamTopic.name, eventId);
  }
}
