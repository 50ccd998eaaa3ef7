import { UserId, DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { pushTopic, type PushEvent } from '@causeway/contracts/webhooks';
import { appendToOutbox } from '@causeway/outbox';
import { sql, type Postgres } from '@causeway/postgres';
import { findByIdentifier } from '@causeway/store/directory';

const SCHEMA = 'webhooks';

interface Row {
  readonly id: string;
  readonly gatekeeper: string;
  readonly identifier_hmac: Buffer;
  readonly received_at: Date;
}

/** Table `webhooks.push_deliveries`: calls that were believed and wait to be resolved. */
export class PushStore {
  constructor(private readonly postgres: Postgres) {}

  /** Records a call: one insert, the same for a known and an unknown identifier. */
  async record(gatekeeper: string, identifierHmac: Uint8Array): Promise<void> {
    await this.postgres.query(sql`
      insert into webhooks.push_deliveries (gatekeeper, identifier_hmac) values (${gatekeeper}, ${identifierHmac})`);
  }

  /**
   * Resolves waiting calls, oldest first: a call for an enlisted user becomes a wake, in the same transaction.
   * @returns how many calls were resolved
   */
  async resolve(limit: number): Promise<number> {
    return this.postgres.transaction(async (tx) => {
      const rows = await tx.query<Row>(sql`
        select id, gatekeeper, identifier_hmac, received_at from webhooks.push_deliveries
        where state = 'received' order by received_at limit ${limit} for update skip locked`);
      for (const row of rows) {
        const optIn = await findByIdentifier(tx, row.gatekeeper, row.identifier_hmac);
        const awake = optIn?.optInState === 'enlisted' || optIn?.optInState === 'lapsing';
        const known = optIn !== undefined && awake && optIn.userState === 'active';
        if (known) await appendToOutbox(tx, SCHEMA, pushTopic, [{ data: wakeFor(optIn, row) }]);
        await tx.query(sql`update webhooks.push_deliveries
          set state = ${known ? 'resolved' : 'unknown'}, resolved_at = now() where id = ${row.id}`);
      }
      return rows.length;
    });
  }
}

function wakeFor(optIn: { userId: string; deviceId: string }, row: Row): PushEvent {
  return {
    type: 'wake.requested',
    userId: UserId.parse(optIn.userId),
    deviceId: DeviceId.parse(optIn.deviceId),
    gatekeeper: GatekeeperId.parse(row.gatekeeper),
    requestedAt: row.received_at.getTime(),
  };
}
