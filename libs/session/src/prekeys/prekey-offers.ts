import { upstreamTopic } from '@causeway/contracts/upstream';
import { sql, type Postgres } from '@causeway/postgres';
import type { Counter } from '@causeway/telemetry';
import { isNotFenced, type Owner } from '../ownership/partition-fence.js';

/**
 * Which batches of one-time prekeys were offered to a gatekeeper. An event can come twice, as when this pod or the one
 * that published it is killed; the gatekeeper may have handed out keys of the batch in between, and would again.
 */
export class PreKeyOffers {
  /** @param offers counts claims by outcome: `claimed`, `repeated`, `stale` */
  constructor(
    private readonly postgres: Postgres,
    private readonly offers: Counter,
  ) {}

  /**
   * Takes the right to offer a batch, before it is offered: one that is then lost is burnt. A pod that lost the partition
   * takes nothing, in the same statement: the next owner reads the command again, and offers the batch.
   * @param eventId of the command that brings it
   * @returns false when it was taken before, or is another pod's to take
   * @throws {PostgresError} so that the command is tried again
   */
  async claim(eventId: string, { partition, generation }: Owner): Promise<boolean> {
    const mine = isNotFenced(sql`${partition}::int`, sql`${generation}::bigint`);
    const [row] = await this.postgres.query<{ mine: boolean; claimed: boolean }>(sql`
      with owner as (select ${mine} as mine), claimed as (
        insert into session.inbox (source, id)
        select ${upstreamTopic.name}, ${eventId} from owner where mine
        on conflict (source, id) do nothing returning 1)
      select mine, exists (select from claimed) as claimed from owner`);
    const claimed = row?.claimed === true;
    this.offers.inc({ outcome: claimed ? 'claimed' : row?.mine === true ? 'repeated' : 'stale' });
    return claimed;
  }
}
