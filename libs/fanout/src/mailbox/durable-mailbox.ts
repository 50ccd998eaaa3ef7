import type { SessionKey } from '@causeway/contracts/ids';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { appendToOutbox, claimInbox } from '@causeway/outbox';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import { encodeItem, type Deliverable, type MailboxItem } from './mailbox-item.js';

const SCHEMA = 'fanout';

interface Row {
  readonly seq: string;
  readonly payload: Buffer;
}

/** What became of an event; what is not stored stays with the gatekeeper. */
export type StoreOutcome =
  | 'stored'
  /** The device has as much waiting as is allowed. */
  | 'mailbox_full'
  /** Something before it in this login did not fit. */
  | 'mailbox_stalled';

/** Rolls back what belongs to an event that does not fit. */
class NoRoom extends Error {}

/** Keeps what waits for a device in Postgres, under custody `provider`. */
export class DurableMailbox {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Stores an event once, and together with it the command that settles it upstream. A repeated event is settled
   * again and not stored again. What does not fit is neither stored nor settled: the gatekeeper keeps it and delivers
   * it again with the next login, and so with everything behind it, or the order would be lost.
   */
  async store(event: Deliverable): Promise<StoreOutcome> {
    const settle = settling(event);
    try {
      await this.postgres.idempotentTransaction(async (tx) => {
        if (await claimInbox(tx, SCHEMA, event.sessionKey, event.dedupe)) await this.#insert(tx, event);
        await appendToOutbox(tx, SCHEMA, upstreamTopic, [{ data: settle }]);
      });
      return 'stored';
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
      const begun = await this.postgres.query(sql`
        insert into fanout.mailbox_stalls (session_key) values (${event.sessionKey})
        on conflict do nothing returning 1`);
      return begun.length > 0 ? 'mailbox_full' : 'mailbox_stalled';
    }
  }

  /** A new login: the gatekeeper delivers again what was left to it, from the oldest. */
  async resume(sessionKey: SessionKey): Promise<void> {
    await this.postgres.query(sql`delete from fanout.mailbox_stalls where session_key = ${sessionKey}`);
  }

  /** @returns the next events after a number, oldest first. */
  async read(sessionKey: SessionKey, afterSeq: number, limit: number): Promise<MailboxItem[]> {
    const rows = await this.postgres.query<Row>(sql`
      select seq, payload from fanout.mailbox
      where session_key = ${sessionKey} and seq > ${afterSeq} and expires_at > now()
      order by seq limit ${limit}`);
    return rows.map(({ seq, payload }) => ({ seq: Number(seq), item: payload }));
  }

  /** The device has stored these: they are forgotten here. */
  async remove(sessionKey: SessionKey, seqs: readonly number[]): Promise<void> {
    await this.postgres.query(sql`
      delete from fanout.mailbox where session_key = ${sessionKey} and seq = any(${[...seqs]}::bigint[])`);
  }

  /** Everything of a session is forgotten: the user has left. */
  async erase(sessionKey: SessionKey): Promise<void> {
    await this.resume(sessionKey);
    await this.postgres.query(sql`delete from fanout.mailbox where session_key = ${sessionKey}`);
  }

  /** @throws {NoRoom} */
  async #insert(tx: SqlExecutor, event: Deliverable): Promise<void> {
    const { sessionKey } = event;
    const payload = encodeItem(event);
    const inserted = await tx.query(sql`
      insert into fanout.mailbox (session_key, dedupe_key, kind, payload, expires_at)
      select ${sessionKey}, ${Buffer.from(event.dedupe, 'base64')}, ${event.type}, ${payload},
             now() + ${limits.mailboxRetentionMs.value} * interval '1 millisecond'
      from (select count(*) as items, coalesce(sum(octet_length(payload)), 0) as bytes
            from fanout.mailbox where session_key = ${sessionKey} and expires_at > now()) as kept
      where kept.items < ${limits.mailboxItems.value}
        and kept.bytes + ${payload.length} <= ${limits.mailboxBytes.value}
        and not exists (select from fanout.mailbox_stalls where session_key = ${sessionKey})
      returning 1`);
    if (inserted.length === 0) throw new NoRoom();
  }
}

function settling({ sessionKey, gatekeeper, epoch, ref }: Deliverable): UpstreamEvent {
  return { type: 'ack', sessionKey, gatekeeper, epoch, refs: [ref], stage: 'stored' };
}
