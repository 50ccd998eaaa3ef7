import { generateSignedPreKey } from '../suites/keys.js';
import type { KeyPair, SignedPreKeyPair } from '../suites/port.js';
import type { Database } from './database.js';

interface Row {
  readonly id: number;
  readonly public_key: Uint8Array;
  readonly private_key: Uint8Array;
  readonly signature: Uint8Array;
}

const columns = 'id, public_key, private_key, signature';
/** Ids are 24-bit on the wire. */
const maxId = 0xffffff;
/** The gatekeeper's own clients make a new one every 27 days. */
const maxAgeMs = 27 * 86_400_000;
/** Keys that were in use before, kept for messages that are still underway. */
const keptOld = 4;

/**
 * The device's signed prekeys: one in use, the next one while it is being published, and old ones whose private halves
 * still open what was encrypted to them. Ids start at 1 and only grow.
 */
export class SignedPreKeys {
  constructor(
    private readonly database: Database,
    private readonly identity: () => KeyPair,
    /** Milliseconds since 1970. */
    private readonly now: () => number,
  ) {}

  /** @returns the one in use, made at the first call */
  inUse(): SignedPreKeyPair {
    const select = `SELECT ${columns} FROM signed_prekeys WHERE in_use = 1 ORDER BY id DESC LIMIT 1`;
    return this.find(select) ?? this.make(1, true);
  }

  byId(id: number): SignedPreKeyPair | undefined {
    return this.find(`SELECT ${columns} FROM signed_prekeys WHERE id = ?`, id);
  }

  /**
   * Whether the one in use is to give way. One whose age is unknown counts as old, and so does one that was made while
   * the clock was weeks ahead.
   */
  isDue(): boolean {
    const select = 'SELECT made_at FROM signed_prekeys WHERE in_use = 1 ORDER BY id DESC LIMIT 1';
    const madeAt = this.database.get<{ made_at: number }>(select)?.made_at;
    return madeAt !== undefined && Math.abs(this.now() - madeAt) >= maxAgeMs;
  }

  /**
   * @returns the one that comes after the one in use: made and kept before anybody is told of it, and the same one
   * until it is in use; undefined when the ids have come to their end
   */
  next(): SignedPreKeyPair | undefined {
    return this.database.transaction(() => {
      const { id } = this.inUse();
      const made = this.find(`SELECT ${columns} FROM signed_prekeys WHERE id > ?`, id);
      return made ?? (id < maxId ? this.make(id + 1, false) : undefined);
    });
  }

  /** Puts the next one into use: it was published. Its age counts from now. */
  use(id: number): void {
    this.database.transaction(() => {
      this.database.run('UPDATE signed_prekeys SET in_use = 1, made_at = ? WHERE id = ?', this.now(), id);
      this.database.run('DELETE FROM signed_prekeys WHERE id < ?', id - keptOld);
    });
  }

  private make(newId: number, inUse: boolean): SignedPreKeyPair {
    const { id, publicKey, privateKey, signature } = generateSignedPreKey(this.identity(), newId);
    this.database.run(
      `INSERT INTO signed_prekeys (${columns}, made_at, in_use) VALUES (?, ?, ?, ?, ?, ?)`,
      ...[id, publicKey, privateKey, signature, this.now(), inUse ? 1 : 0],
    );
    return { id, publicKey, privateKey, signature };
  }

  private find(select: string, ...values: number[]): SignedPreKeyPair | undefined {
    const row = this.database.get<Row>(select, ...values);
    if (row === undefined) return undefined;
    return { id: row.id, publicKey: row.public_key, privateKey: row.private_key, signature: row.signature };
  }
}
