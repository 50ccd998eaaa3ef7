import type { Database } from './database.js';

/** Read receipts that may wait for a connection; the oldest go first. */
const maxDue = 1_000;

/** Read receipts that the application gave while no session was open. */
export class ReceiptsDue {
  constructor(private readonly database: Database) {}

  add(recipient: string, id: string): void {
    const insert = 'INSERT INTO receipts_due (recipient, id) VALUES (?, ?) ON CONFLICT DO NOTHING';
    const prune = `DELETE FROM receipts_due WHERE rowid IN
      (SELECT rowid FROM receipts_due ORDER BY rowid DESC LIMIT -1 OFFSET ${maxDue})`;
    this.database.run(insert, recipient, id);
    this.database.run(prune);
  }

  all(): { recipient: string; id: string }[] {
    return this.database.all('SELECT recipient, id FROM receipts_due ORDER BY rowid');
  }

  remove(recipient: string, id: string): void {
    this.database.run('DELETE FROM receipts_due WHERE recipient = ? AND id = ?', recipient, id);
  }
}
