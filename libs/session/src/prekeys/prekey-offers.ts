import { upstreamTopic } from '@causeway/contracts/upstream';
import { claimInbox, sweepInbox } from '@causeway/outbox';
import type { Postgres } from '@causeway/postgres';

const SCHEMA = 'session';
/** No topic keeps events for longer; batches are too rare for a sweep with each to matter. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;

/**
 * Which batches of one-time prekeys were offered to a gatekeeper. An event can come twice, as when this pod or the one
 * that published it is killed; the gatekeeper may have handed out keys of the batch in between, and would again.
 */
export class PreKeyOffers {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Takes the right to offer a batch, before it is offered: one that is then lost is burnt. Forgets what is too old to
   * come again.
   * @param eventId of the command that brings it
   * @returns false when it was taken before
   * @throws {PostgresError} so that the command is tried again
   */
  async claim(eventId: string): Promise<boolean> {
    // First: what fails after the claim would burn the batch.
    await sweepInbox(this.postgres, SCHEMA, REMEMBERED_MS);
    return claimInbox(this.postgres, SCHEMA, upstreamTopic.name, eventId);
  }
}
