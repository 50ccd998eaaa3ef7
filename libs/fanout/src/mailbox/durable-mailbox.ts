import type { SessionKey } from '@causeway/contracts/ids';
import { upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { appendToOutbox, claimInbox } from '@causeway/outbox';
import { sql, type Postgres } from '@causeway/postgres';
import { encodeItem, type Deliverable, type MailboxItem } from './mailbox-item.js';

const SCHEMA = 'fanout';

interface Row {
  readonly seq: string;
  readonly payload: Buffer;
}

/** Keeps what waits for a device in Postgres, under custody `provider`. */
export class DurableMailbox {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Stores an event once, and together with it the command that settles it upstream. A repeated event is settled
   * again and not stored again.
   */
  async store(event: Deliverable): Promise<void> {
    const { sessionKey, gatekeeper, epoch, ref } = event;
    const settle: UpstreamEvent = {
      type: 'ack',
      sessionKey,
      gatekeeper,
      epoch,
      refs: [ref],
      stage: 'stored',
    };
    await this.postgres.transaction(async (tx) => {
      if (await claimInbox(tx, SCHEMA, sessionKey, event.dedupe)) {
        await tx.query(sql`
          insert into fanout.mailbox (session_key, dedupe_key, kind, payload, expires_at)
          values (${sessionKey}, ${Buffer.from(event.dedupe, 'base64')}, ${event.type}, ${encodeItem(event)},
                  now() + ${limits.mailboxRetentionMs.value} * interval '1 millisecond')`);
      }
      await appendToOutbox(tx, SCHEMA, upstreamTopic, [{ data: settle }]);
    });
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
    await this.postgres.query(sql`delete from fanout.mailbox where session_key = ${sessionKey}`);
  }
}
