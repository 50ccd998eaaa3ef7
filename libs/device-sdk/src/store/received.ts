import type { Database } from './database.js';

/** Messages kept for the application; the oldest that were shown go first. */
const maxReceived = 20_000;
/** Messages whose redelivery was asked for. */
const maxUnreadable = 1_000;

/** One decrypted message. `sender` is the bare address; `sentAt` is seconds since 1970. */
export interface ReceivedMessage {
  readonly seq: number;
  readonly sender: string;
  readonly id: string;
  readonly sentAt: number;
  /** Content without padding. */
  readonly content: Uint8Array;
  readonly mediaPath?: string;
  readonly mediaError?: string;
}

/** A message that could not be decrypted, and how often it was asked for again. */
export interface UnreadableMessage {
  readonly sender: string;
  readonly id: string;
  /** Address, with the device, to which retry receipts go. */
  readonly replyTo: string;
  readonly sentAt: number;
  readonly count: number;
}

interface Row {
  seq: number;
  sender: string;
  id: string;
  sent_at: number;
  content: Uint8Array;
  media_path: string | null;
  media_error: string | null;
}

/** Received messages: stored once per (sender, id), shown once, in the order in which they were stored. */
export class ReceivedStore {
  constructor(private readonly database: Database) {}

  has(sender: string, id: string): boolean {
    return this.database.get('SELECT 1 FROM received WHERE sender = ? AND id = ?', sender, id) !== undefined;
  }

  find(sender: string, id: string): ReceivedMessage | undefined {
    const row = this.database.get<Row>('SELECT * FROM received WHERE sender = ? AND id = ?', sender, id);
    return row && messageOf(row);
  }

  /** Stores a message and forgets that it was unreadable. @returns false when it was stored before */
  add(message: { sender: string; id: string; sentAt: number; content: Uint8Array }): boolean {
    const { sender, id, sentAt, content } = message;
    const insert = `INSERT INTO received (sender, id, sent_at, content) VALUES (?, ?, ?, ?)
      ON CONFLICT (sender, id) DO NOTHING`;
    const added = this.database.run(insert, sender, id, sentAt, content) > 0;
    this.database.run('DELETE FROM unreadable WHERE sender = ? AND id = ?', sender, id);
    if (added) this.prune();
    return added;
  }

  /** @returns senders of messages that were stored and not yet shown. */
  sendersToShow(): string[] {
    const select = 'SELECT DISTINCT sender FROM received WHERE shown = 0';
    return this.database.all<{ sender: string }>(select).map((row) => row.sender);
  }

  /** @returns the sender's oldest message that was not yet shown. */
  nextToShow(sender: string): ReceivedMessage | undefined {
    const select = 'SELECT * FROM received WHERE shown = 0 AND sender = ? ORDER BY seq LIMIT 1';
    const row = this.database.get<Row>(select, sender);
    return row && messageOf(row);
  }

  /** Notes that a message is being shown. Waits for no disk: after a power cut it may be shown once more. */
  markShown(seq: number): void {
    this.database.runUnsynced('UPDATE received SET shown = 1 WHERE seq = ?', seq);
  }

  setMedia(seq: number, media: { path: string } | { error: string }): void {
    const path = 'path' in media ? media.path : null;
    const error = 'error' in media ? media.error : null;
    this.database.run('UPDATE received SET media_path = ?, media_error = ? WHERE seq = ?', path, error, seq);
  }

  /** @returns the newest messages, oldest first. */
  newest(limit: number): ReceivedMessage[] {
    const rows = this.database.all<Row>('SELECT * FROM received ORDER BY seq DESC LIMIT ?', limit);
    return rows.reverse().map(messageOf);
  }

  /** @returns how often the message was asked for again, this time included. */
  noteUnreadable(message: Omit<UnreadableMessage, 'count'>): number {
    const { sender, id, replyTo, sentAt } = message;
    const upsert = `INSERT INTO unreadable (sender, id, reply_to, sent_at, count) VALUES (?, ?, ?, ?, 1)
      ON CONFLICT (sender, id) DO UPDATE SET count = count + 1, reply_to = excluded.reply_to RETURNING count`;
    const prune = `DELETE FROM unreadable WHERE rowid IN
      (SELECT rowid FROM unreadable ORDER BY rowid DESC LIMIT -1 OFFSET ${maxUnreadable})`;
    const count = this.database.get<{ count: number }>(upsert, sender, id, replyTo, sentAt)?.count ?? 1;
    this.database.run(prune);
    return count;
  }

  /** @returns the messages that were asked for again and have not come. */
  unreadable(): UnreadableMessage[] {
    const select =
      'SELECT sender, id, reply_to AS replyTo, sent_at AS sentAt, count FROM unreadable ORDER BY rowid';
    return this.database.all<UnreadableMessage>(select);
  }

  private prune(): void {
    const excess = `DELETE FROM received WHERE shown = 1 AND seq <= (SELECT max(seq) FROM received) - ${maxReceived}`;
    this.database.run(excess);
  }
}

function messageOf(row: Row): ReceivedMessage {
  const { seq, sender, id, sent_at: sentAt, content, media_path: mediaPath, media_error: mediaError } = row;
  return {
    seq,
    sender,
    id,
    sentAt,
    content,
    ...(mediaPath && { mediaPath }),
    ...(mediaError && { mediaError }),
  };
}
