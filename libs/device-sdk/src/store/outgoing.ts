import type { Ciphertext } from '../suites/port.js';
import type { Database } from './database.js';
import { StoreError } from './errors.js';

/** Messages that may wait to be sent. */
export const maxQueued = 1_000;
/** Settled messages whose plaintext is kept, so that a recipient can ask for them again. */
const maxKeptPlaintexts = 512;
/** Settled messages that are remembered at all, for receipts. */
const maxSettled = 20_000;

/** How a message that the device sends stands, in the order in which it can move. */
export type OutgoingState = 'queued' | 'accepted' | 'delivered' | 'read' | 'played' | 'refused';

/** One message to send. It is encrypted when its turn comes; the ciphertext stays the same over reconnects. */
export interface OutgoingMessage {
  readonly id: string;
  readonly recipient: string;
  readonly stanzaType: 'text' | 'media' | 'reaction';
  readonly plaintext: Uint8Array;
  readonly encrypted?: Ciphertext;
  /** Above 0 when the recipient asked for the message again. */
  readonly retryCount: number;
}

interface Row {
  id: string;
  recipient: string;
  stanza_type: OutgoingMessage['stanzaType'];
  plaintext: Uint8Array;
  cipher_type: Ciphertext['type'] | null;
  ciphertext: Uint8Array | null;
  retry_count: number;
}

const ranks: Record<OutgoingState, number> = {
  queued: 0,
  refused: 1,
  accepted: 1,
  delivered: 2,
  read: 3,
  played: 4,
};

/** The queue of messages to send, and what is remembered of those that were sent. */
export class OutgoingStore {
  constructor(private readonly database: Database) {}

  /** @throws StoreError `outgoing_queue_full`, `stanza_id_used` */
  add(message: Pick<OutgoingMessage, 'id' | 'recipient' | 'stanzaType' | 'plaintext'>): void {
    if (this.countQueued() >= maxQueued) throw new StoreError('outgoing_queue_full');
    const insert = `INSERT INTO outgoing (id, recipient, stanza_type, plaintext, state) VALUES (?, ?, ?, ?, 'queued')
      ON CONFLICT (id) DO NOTHING`;
    const { id, recipient, stanzaType, plaintext } = message;
    if (this.database.run(insert, id, recipient, stanzaType, plaintext) === 0)
      throw new StoreError('stanza_id_used');
  }

  /** @returns recipients for whom something waits. */
  waitingRecipients(): string[] {
    const select = "SELECT DISTINCT recipient FROM outgoing WHERE state = 'queued'";
    return this.database.all<{ recipient: string }>(select).map((row) => row.recipient);
  }

  /** @returns the recipient's oldest message that waits; messages of one conversation go one after the other. */
  nextFor(recipient: string): OutgoingMessage | undefined {
    const select = `SELECT * FROM outgoing WHERE state = 'queued' AND recipient = ? ORDER BY seq LIMIT 1`;
    const row = this.database.get<Row>(select, recipient);
    return row && outgoingOf(row);
  }

  setEncrypted(id: string, { type, body }: Ciphertext): void {
    this.database.run('UPDATE outgoing SET cipher_type = ?, ciphertext = ? WHERE id = ?', type, body, id);
  }

  /** Drops ciphertexts that were made for a session which the recipient can no longer read. */
  clearEncrypted(recipient: string): void {
    const update = `UPDATE outgoing SET cipher_type = NULL, ciphertext = NULL
      WHERE recipient = ? AND state = 'queued'`;
    this.database.run(update, recipient);
  }

  /**
   * Records the server's answer; the ciphertext is no longer needed. What was accepted for the gatekeeper may be refused
   * by it later, but what was refused stays so.
   * @param attempt the resend count that the answer belongs to; an older attempt's answer settles no newer one
   * @returns false when nothing changed
   */
  settle(id: string, state: 'accepted' | 'refused', attempt?: number): boolean {
    const update = `UPDATE outgoing SET state = ?, cipher_type = NULL, ciphertext = NULL
      WHERE id = ? AND (state = 'queued' OR (state = 'accepted' AND ? = 'refused')) AND retry_count = coalesce(?, retry_count)`;
    const settled = this.database.run(update, state, id, state, attempt ?? null) > 0;
    if (settled) this.prune();
    return settled;
  }

  /** Moves messages forward, never back. @returns the ids that moved */
  advance(recipient: string, ids: readonly string[], state: 'delivered' | 'read' | 'played'): string[] {
    return ids.filter((id) => {
      const current = this.stateOf(recipient, id);
      if (current === undefined || current === 'refused' || ranks[current] >= ranks[state]) return false;
      return this.database.run('UPDATE outgoing SET state = ? WHERE id = ?', state, id) > 0;
    });
  }

  /** Queues a sent message again. @returns false when it is unknown, not to this recipient, or its text is gone */
  requeue(recipient: string, id: string, retryCount: number): boolean {
    const update = `UPDATE outgoing SET state = 'queued', retry_count = ?, cipher_type = NULL, ciphertext = NULL
      WHERE id = ? AND recipient = ? AND plaintext IS NOT NULL AND state <> 'refused' AND retry_count < ?`;
    return this.database.run(update, retryCount, id, recipient, retryCount) > 0;
  }

  plaintextOf(recipient: string, id: string): Uint8Array | undefined {
    const select = 'SELECT plaintext FROM outgoing WHERE id = ? AND recipient = ?';
    return this.database.get<{ plaintext: Uint8Array | null }>(select, id, recipient)?.plaintext ?? undefined;
  }

  stateOf(recipient: string, id: string): OutgoingState | undefined {
    const select = 'SELECT state FROM outgoing WHERE id = ? AND recipient = ?';
    return this.database.get<{ state: OutgoingState }>(select, id, recipient)?.state;
  }

  /** Refuses everything that waits. @returns the ids */
  refuseAll(): string[] {
    return this.database
      .all<{ id: string }>("UPDATE outgoing SET state = 'refused' WHERE state = 'queued' RETURNING id")
      .map((row) => row.id);
  }

  private countQueued(): number {
    const select = "SELECT count(*) AS count FROM outgoing WHERE state = 'queued'";
    return this.database.get<{ count: number }>(select)?.count ?? 0;
  }

  private prune(): void {
    const newest = '(SELECT max(seq) FROM outgoing)';
    const forget = `UPDATE outgoing SET plaintext = NULL
      WHERE state <> 'queued' AND plaintext IS NOT NULL AND seq <= ${newest} - ${maxKeptPlaintexts}`;
    const remove = `DELETE FROM outgoing WHERE state <> 'queued' AND seq <= ${newest} - ${maxSettled}`;
    this.database.run(forget);
    this.database.run(remove);
  }
}

function outgoingOf(row: Row): OutgoingMessage {
  const { id, recipient, stanza_type: stanzaType, plaintext, cipher_type: type, ciphertext: body } = row;
  const encrypted = type === null || body === null ? {} : { encrypted: { type, body } };
  return { id, recipient, stanzaType, plaintext, retryCount: row.retry_count, ...encrypted };
}
