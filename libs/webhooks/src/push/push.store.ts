import { UserId, DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { pushTopic, type PushEvent } from '@causeway/contracts/webhooks';
import { limits } from '@causeway/limits';
import { appendToOutbox } from '@causeway/outbox';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import { findByIdentifiers, type DirectoryOptIn } from '@causeway/store/directory';
import type { PushCall } from './push-recorder.js';

const SCHEMA = 'webhooks';
const NONE = Buffer.alloc(0);

/** The calls about one identifier that are resolved together. */
interface Called {
  readonly gatekeeper: string;
  readonly identifier_hmac: Buffer;
  /** Of the newest of them: a wake must not look older than what it is for. */
  readonly received_at: Date;
  readonly calls: number;
}

/** Tables `webhooks.push_deliveries`, calls that wait, and `webhooks.push_resolutions`, when they last did not. */
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
      const called = await take(tx, limit);
      if (called.length === 0) return 0;
      const byName = new Map(called.map((one) => [nameOf(one.gatekeeper, one.identifier_hmac), one]));
      const wakes = (await findByIdentifiers(tx, called.map(keyOf))).filter(mayBeWoken).map((optIn) => ({
        data: wakeFor(optIn, byName.get(nameOf(optIn.gatekeeper, optIn.identifierHmac ?? NONE))),
      }));
      await appendToOutbox(tx, SCHEMA, pushTopic, wakes);
      return called.reduce((calls, one) => calls + one.calls, 0);
    });
  }
}

/**
 * Takes waiting calls out of the table, and remembers their identifiers as resolved now: in the order of the key, so
 * that two pods never wait for each other.
 */
function take(tx: SqlExecutor, limit: number): Promise<Called[]> {
  return tx.query<Called>(sql`
    with taken as (
      delete from webhooks.push_deliveries where id = any(array(
        select id from webhooks.push_deliveries p
        where not exists (
          select 1 from webhooks.push_resolutions r
          where r.gatekeeper = p.gatekeeper and r.identifier_hmac = p.identifier_hmac
            and r.resolved_at > now() - ${limits.pushCoalesceMs.value} * interval '1 ms')
        order by id limit ${limit} for update of p skip locked))
      returning gatekeeper, identifier_hmac, received_at),
    called as (
      select gatekeeper, identifier_hmac, max(received_at) as received_at, count(*)::int as calls
      from taken group by gatekeeper, identifier_hmac),
    remembered as (
      insert into webhooks.push_resolutions (gatekeeper, identifier_hmac)
      select gatekeeper, identifier_hmac from called order by gatekeeper, identifier_hmac
      on conflict (gatekeeper, identifier_hmac) do update set resolved_at = excluded.resolved_at)
    select * from called`);
}

const keyOf = ({ gatekeeper, identifier_hmac: hmac }: Called) => ({ gatekeeper, hmac });

const nameOf = (gatekeeper: string, hmac: Uint8Array): string =>
  `${gatekeeper} ${Buffer.from(hmac).toString('base64')}`;

function mayBeWoken({ optInState, userState }: DirectoryOptIn): boolean {
  return (optInState === 'enlisted' || optInState === 'lapsing') && userState === 'active';
}

function wakeFor(optIn: DirectoryOptIn, called: Called | undefined): PushEvent {
  return {
    type: 'wake.requested',
    userId: UserId.parse(optIn.userId),
    deviceId: DeviceId.parse(optIn.deviceId),
    gatekeeper: GatekeeperId.parse(optIn.gatekeeper),
    requestedAt: called?.received_at.getTime() ?? 0,
  };
}
