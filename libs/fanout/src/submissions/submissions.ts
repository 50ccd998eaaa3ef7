import type { SessionKey } from '@causeway/contracts/ids';
import { OutgoingMessage, upstreamTopic, type UpstreamEvent } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { appendToOutbox } from '@causeway/outbox';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';

const SCHEMA = 'fanout';

interface Row {
  readonly message_id: string;
  readonly payload: Buffer;
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
   * @returns false when the message had been submitted before
   */
  async submit(route: Route, id: string, message: OutgoingMessage): Promise<boolean> {
    return this.postgres.transaction(async (tx) => {
      const inserted = await tx.query(sql`
        insert into fanout.submissions (session_key, message_id, payload, state, expires_at)
        values (${route.sessionKey}, ${id}, ${Buffer.from(JSON.stringify(message))}, 'waiting',
                now() + ${limits.mailboxRetentionMs.value} * interval '1 millisecond')
        on conflict do nothing returning message_id`);
      if (inserted.length === 0) return false;
      await this.#send(tx, route, [[id, message]]);
      return true;
    });
  }

  /** Sends again what waits, oldest first: the upstream connection is open. */
  async resume(route: Route): Promise<void> {
    await this.postgres.transaction(async (tx) => {
      const rows = await tx.query<Row>(sql`
        select message_id, payload from fanout.submissions
        where session_key = ${route.sessionKey} and state = 'waiting' and expires_at > now()
        order by created_at, message_id limit ${limits.mailboxPageItems.value}`);
      const messages = rows.map(({ message_id, payload }): [string, OutgoingMessage] => [
        message_id,
        OutgoingMessage.parse(JSON.parse(payload.toString('utf8'))),
      ]);
      await this.#send(tx, route, messages);
    });
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

  async #send(tx: SqlExecutor, route: Route, messages: readonly [string, OutgoingMessage][]): Promise<void> {
    const deadline = this.now() + limits.commandDeadlineMs.value;
    const events = messages.map(([id, clear]): { data: UpstreamEvent } => ({
      data: { type: 'message.send', ...route, deadline, id, body: { clear } },
    }));
    if (events.length > 0) await appendToOutbox(tx, SCHEMA, upstreamTopic, events);
  }
}
