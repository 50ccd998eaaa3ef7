import type { Database } from './database.js';

/** The closed list of single values that a device keeps. */
export type MetaKey =
  | 'gatekeeper'
  | 'device_id'
  | 'user_id'
  | 'own_jid'
  | 'identity'
  | 'registration_id'
  | 'next_prekey_id'
  /** Until when no signed prekey is published after one came to nothing, milliseconds since 1970. */
  | 'signed_prekey_rest_until'
  /** Private Noise static key, where it stays on the device. */
  | 'noise_key';

/** Single values of a device, as text or bytes. */
export class Meta {
  constructor(private readonly database: Database) {}

  bytes(key: MetaKey): Uint8Array | undefined {
    return this.database.get<{ value: Uint8Array }>('SELECT value FROM meta WHERE key = ?', key)?.value;
  }

  text(key: MetaKey): string | undefined {
    const bytes = this.bytes(key);
    return bytes && Buffer.from(bytes).toString('utf8');
  }

  remove(key: MetaKey): void {
    this.database.run('DELETE FROM meta WHERE key = ?', key);
  }

  put(key: MetaKey, value: Uint8Array | string): void {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    const upsert =
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
    this.database.run(upsert, key, bytes);
  }
}
