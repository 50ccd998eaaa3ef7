import { UserId, DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { pushTopic, type PushEvent } from '@causeway/contracts/webhooks';
import { limits } from '@causeway/limits';
import { appendToOutbox } from '@causeway/outbox';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import { findByIdentifiers, type DirectoryOptIn } from '@causeway/store/directory';
import type { PushCall } from './push-recorder.js';

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

  /** Records calls: one row each, the same for a known and an unknown identifier. */
  async record(calls: readonly PushCall[]): Promise<void> {
    await this.postgres.query(sql`
      insert into webhooks.push_deliveries (gatekeeper, identifier_hmac)
      select * from unnest(${calls.map(({ gatekeeper }) => gatekeeper)}::text[],
                           ${calls.map(({ identifierHmac }) => identifierHmac)}::bytea[])`);
  }

  /**
   * Resolves waiting calls, oldest first: those about one enlisted user become one wake, in the same transaction. Calls
   * about an identifier that was resolved less than 5 seconds ago wait, so that they make one more wake and no more.
   * @returns how many calls were resolved
   */
  async resolve(limit: number): Promise<number> {
    return this.postgres.transaction(async (tx) => {
      const rows = await claim(tx, limit);
      if (rows.length === 0) return 0;
      // The newest call of each identifier: a wake must not look older than what it is for.
      const calls = new Map(rows.map((row) => [nameOf(row.gatekeeper, row.identifier_hmac), row]));
      const known = new Map<string, DirectoryOptIn>();
      for (const optIn of await findByIdentifiers(tx, [...calls.values()].map(keyOf))) {
        if (optIn.identifierHmac !== undefined && mayBeWoken(optIn))
          known.set(nameOf(optIn.gatekeeper, optIn.identifierHmac), optIn);
      }
      const wakes = [...known].map(([name, optIn]) => ({ data: wakeFor(optIn, calls.get(name)) }));
      await appendToOutbox(tx, SCHEMA, pushTopic, wakes);
      const states = rows.map((row) =>
        known.has(nameOf(row.gatekeeper, row.identifier_hmac)) ? 'resolved' : 'unknown',
      );
      await settle(tx, rows, states);
      return rows.length;
    });
  }
}

function claim(tx: SqlExecutor, limit: number): Promise<Row[]> {
  return tx.query<Row>(sql`
    select id, gatekeeper, identifier_hmac, received_at from webhooks.push_deliveries p
    where state = 'received' and not exists (
      select 1 from webhooks.push_deliveries q
      where q.gatekeeper = p.gatekeeper and q.identifier_hmac = p.identifier_hmac
        and q.received_at > now() - interval '1 minute'
        and q.resolved_at > now() - ${limits.pushCoalesceMs.value} * interval '1 ms')
    order by received_at limit ${limit} for update of p skip locked`);
}

async function settle(tx: SqlExecutor, rows: readonly Row[], states: readonly string[]): Promise<void> {
  await tx.query(sql`
    update webhooks.push_deliveries p set state = s.state, resolved_at = now()
    from unnest(${rows.map(({ id }) => id)}::uuid[], ${states}::text[]) as s (id, state) where p.id = s.id`);
}

const keyOf = ({ gatekeeper, identifier_hmac: hmac }: Row) => ({ gatekeeper, hmac });

const nameOf = (gatekeeper: string, hmac: Uint8Array): string =>
  `${gatekeeper} ${Buffer.from(hmac).toString('base64')}`;

function mayBeWoken({ optInState, userState }: DirectoryOptIn): boolean {
  return (optInState === 'enlisted' || optInState === 'lapsing') && userState === 'active';
}

function wakeFor(optIn: DirectoryOptIn, row: Row | undefined): PushEvent {
  return {
    type: 'wake.requested',
    userId: UserId.parse(optIn.userId),
    deviceId: DeviceId.parse(optIn.deviceId),
    gatekeeper: GatekeeperId.parse(optIn.gatekeeper),
    requestedAt: row?.received_at.getTime() ?? 0,
  };
}
