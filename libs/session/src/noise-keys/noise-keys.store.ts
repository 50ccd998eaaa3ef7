import { sql, type Postgres } from '@causeway/postgres';

/** A session's Noise static key as it rests: the private half sealed. */
export interface StoredNoiseKey {
  readonly publicKey: Uint8Array;
  readonly sealed: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

interface Row {
  readonly public_key: Buffer;
  readonly sealed_private: Buffer;
  readonly wrapped_data_key: Buffer;
}

/** Table `session.noise_keys`. */
export class NoiseKeyStore {
  constructor(private readonly postgres: Postgres) {}

  async find(sessionKey: string): Promise<StoredNoiseKey | undefined> {
    const [row] = await this.postgres.query<Row>(sql`
      select public_key, sealed_private, wrapped_data_key from session.noise_keys where session_key = ${sessionKey}`);
    if (row === undefined) return undefined;
    return { publicKey: row.public_key, sealed: row.sealed_private, wrappedKey: row.wrapped_data_key };
  }

  /** Finds a key that is wanted to enlist with. */
  async request(sessionKey: string): Promise<Uint8Array | undefined> {
    const [row] = await this.postgres.query<Pick<Row, 'public_key'>>(sql`
      update session.noise_keys set requested_at = now() where session_key = ${sessionKey} returning public_key`);
    return row?.public_key;
  }

  /**
   * Keeps a key unless the session has one; of two that come at once the first stays.
   * @returns the public key of the one that stays, which was asked for now
   */
  async insert(sessionKey: string, key: StoredNoiseKey): Promise<Uint8Array> {
    const rows = await this.postgres.query<Pick<Row, 'public_key'>>(sql`
      insert into session.noise_keys (session_key, public_key, sealed_private, wrapped_data_key)
      values (${sessionKey}, ${key.publicKey}, ${key.sealed}, ${key.wrappedKey})
      on conflict (session_key) do update set requested_at = now() returning public_key`);
    // An upsert always has its row to return.
    return (rows[0] as Pick<Row, 'public_key'>).public_key;
  }

  /**
   * @returns when the session's key was last asked for, as the database writes it, to the microsecond: each enlistment
   * asks, so a later one has another time, also where it found the same key
   */
  async requestedAt(sessionKey: string): Promise<string | undefined> {
    const [row] = await this.postgres.query<{ requested_at: string }>(sql`
      select requested_at::text from session.noise_keys where session_key = ${sessionKey}`);
    return row?.requested_at;
  }

  /** @param at a time as PostgreSQL reads it, RFC 3339 or its own: a key that was asked for later stays */
  async removeOld(sessionKey: string, at: string): Promise<void> {
    await this.postgres.query(sql`
      delete from session.noise_keys where session_key = ${sessionKey} and requested_at <= ${at}::timestamptz`);
  }
}
