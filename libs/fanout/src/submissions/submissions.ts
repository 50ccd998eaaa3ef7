import { accountTopic } from '@causeway/contracts/accounts';
import type { SessionKey, UserId } from '@causeway/contracts/ids';
import { keysTopic } from '@causeway/contracts/keys';
import { OutgoingMessage, upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { isLaneParked } from '@causeway/events';
import { limits } from '@causeway/limits';
import { appendToOutbox } from '@causeway/outbox';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';

const SCHEMA = 'fanout';

interface Row {
  readonly message_id: string;
  readonly payload: Buffer;
  /** When it was submitted, as the database writes it. */
  readonly at: string;
}

/** The upstream connection that a submission goes out on. */
export interface Route {
  readonly sessionKey: SessionKey;
  readonly gatekeeper: UpstreamEvent['gatekeeper'];
  readonly epoch: number;
}

/** Under custody `provider` a device's message waits in Postgres until the gatekeeper has taken it. */
export class Submissions {
  constructor(
    private readonly postgres: Postgres,
    private readonly now: () => number,
  ) {}

  /**
   * Keeps a message and sends it, in one transaction. Submitting the same id again changes nothing.
   * @returns false when as many as are allowed wait already
   */
  async submit(route: Route, id: string, message: OutgoingMessage): Promise<boolean> {
    return this.postgres.idempotentTransaction(async (tx) => {
      const inserted = await tx.query(sql`
        insert into fanout.submissions (session_key, message_id, payload, state, expires_at)
        select ${route.sessionKey}, ${id}, ${Buffer.from(JSON.stringify(message))}, 'waiting',
               now() + ${limits.mailboxRetentionMs.value} * interval '1 millisecond'
        where (select count(*) from fanout.submissions
               where session_key = ${route.sessionKey} and state = 'waiting') < ${limits.upstreamQueueItems.value}
        on conflict do nothing returning message_id`);
      if (inserted.length === 0) return this.#isKnown(tx, route.sessionKey, id);
      await this.#send(tx, route, [[id, message]]);
      return true;
    });
  }

  /**
   * Whether nothing more may be submitted for a user: an event about the account or its keys could not be handled here,
   * so that this service does not know whether they may still send.
   */
  async isHeld(userId: UserId): Promise<boolean> {
    return isLaneParked(this.postgres, SCHEMA, [accountTopic, keysTopic], userId);
  }

  /** Sends again what waits, oldest first: the upstream connection is open. */
  async resume(route: Route): Promise<void> {
    let last: Row | undefined;
    do {
      const after = last;
      last = await this.postgres.transaction((tx) => this.#resumePage(tx, route, after));
    } while (last !== undefined);
  }

  /** The gatekeeper took the message, or never will: its content is forgotten, its id is remembered. */
  async settle(sessionKey: SessionKey, id: string): Promise<void> {
    await this.postgres.query(sql`
      update fanout.submissions set state = 'settled', payload = ''::bytea
      where session_key = ${sessionKey} and message_id = ${id}`);
  }

  /** Everything of a session is forgotten: the user has left. */
  async erase(sessionKey: SessionKey): Promise<void> {
    await this.postgres.query(sql`delete from fanout.submissions where session_key = ${sessionKey}`);
  }

  /** @returns the last of a page that may be followed by another */
  async #resumePage(tx: SqlExecutor, route: Route, after: Row | undefined): Promise<Row | undefined> {
    const limit = limits.mailboxPageItems.value;
    const rows = await tx.query<Row>(sql`
      select message_id, payload, created_at::text as at from fanout.submissions
      where session_key = ${route.sessionKey} and state = 'waiting' and expires_at > now()
        and (created_at, message_id) > (${after?.at ?? '-infinity'}::timestamptz, ${after?.message_id ?? ''})
      order by created_at, message_id limit ${limit}`);
    const messages = rows.map(({ message_id, payload }): [string, OutgoingMessage] => [
      message_id,
      OutgoingMessage.parse(JSON.parse(payload.toString('utf8'))),
    ]);
    await this.#send(tx, route, messages);
    return rows.length === limit ? rows.at(-1) : undefined;
  }

  async #isKnown(tx: SqlExecutor, sessionKey: SessionKey, id: string): Promise<boolean> {
    const known = await tx.query(sql`
      select 1 from fanout.submissions where session_key = ${sessionKey} and message_id = ${id}`);
    return known.length > 0;
  }

  async #send(tx: SqlExecutor, route: Route, messages: readonly [string, OutgoingMessage][]): Promise<void> {
    const deadline = this.now() + limits.commandDeadlineMs.value;
    const events = messages.map(([id, clear]): { data: UpstreamEvent } => ({
      data: { type: 'message.send', ...route, deadline, id, body: { clear } },
    }));
    if (events.length > 0) await appendToOutbox(tx, SCHEMA, upstreamTopic, events);
  }
}
