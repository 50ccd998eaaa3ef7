import type { PeerAddress, PeerIdentityRecord } from '../suites/port.js';
import type { Database } from './database.js';

/** Sessions with peers' devices, and what is known of their identity keys. */
export class PeerStore {
  constructor(private readonly database: Database) {}

  session({ name, device }: PeerAddress): Uint8Array | undefined {
    const select = 'SELECT record FROM sessions WHERE peer = ? AND device = ?';
    return this.database.get<{ record: Uint8Array }>(select, name, device)?.record;
  }

  putSession({ name, device }: PeerAddress, record: Uint8Array): void {
    const upsert = `INSERT INTO sessions (peer, device, record) VALUES (?, ?, ?)
      ON CONFLICT (peer, device) DO UPDATE SET record = excluded.record`;
    this.database.run(upsert, name, device, record);
  }

  identity({ name, device }: PeerAddress): PeerIdentityRecord | undefined {
    const select = 'SELECT key, state FROM identities WHERE peer = ? AND device = ?';
    const row = this.database.get<{ key: Uint8Array | null; state: string }>(select, name, device);
    return (
      row && { state: row.state === 'trusted' ? 'trusted' : 'changed', ...(row.key && { key: row.key }) }
    );
  }

  putIdentity({ name, device }: PeerAddress, { key, state }: PeerIdentityRecord): void {
    const upsert = `INSERT INTO identities (peer, device, key, state) VALUES (?, ?, ?, ?)
      ON CONFLICT (peer, device) DO UPDATE SET key = excluded.key, state = excluded.state`;
    this.database.run(upsert, name, device, key ?? null, state);
  }

  /** True while a change of one of the peer's identities waits to be accepted. */
  hasChangedIdentity(name: string): boolean {
    const select = "SELECT 1 FROM identities WHERE peer = ? AND state = 'changed' LIMIT 1";
    return this.database.get(select, name) !== undefined;
  }

  /**
   * Records a change that was announced without the new key.
   * @returns false when nothing was known of the peer, so that nothing changed for the user
   */
  announceChange(name: string): boolean {
    return this.database.run("UPDATE identities SET key = NULL, state = 'changed' WHERE peer = ?", name) > 0;
  }

  /** The user accepts the new identity: a key that was seen is trusted, else the next one that is seen. */
  acceptChange(name: string): void {
    this.database.transaction(() => {
      this.database.run('DELETE FROM identities WHERE peer = ? AND key IS NULL', name);
      this.database.run("UPDATE identities SET state = 'trusted' WHERE peer = ?", name);
    });
  }
}
