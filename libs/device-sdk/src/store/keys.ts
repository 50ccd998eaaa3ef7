import { generateKeyPair, generatePreKeys, generateRegistrationId } from '../suites/keys.js';
import type { KeyPair, PreKeyPair, SignedPreKeyPair } from '../suites/port.js';
import type { Database } from './database.js';
import type { Meta } from './meta.js';
import { SignedPreKeys } from './signed-prekeys.js';

interface PairRow {
  id: number;
  public_key: Uint8Array;
  private_key: Uint8Array;
}

/** Ids are 24-bit on the wire. */
const maxPreKeyId = 0xffffff;
/** One-time prekeys that wait for a first message, published or not. A provider that asks for more gets none. */
const maxPreKeys = 4_000;
/** Prekeys that went along with requests for unreadable messages; the oldest go first. */
const maxRetryPreKeys = 500;

/** Where a one-time prekey went: nowhere yet, to the provider, or with one request for a message. */
type Destination = 'none' | 'provider' | 'retry';

/** The device's own keys. One-time prekey ids start at 1, only grow, and survive restarts. */
export class KeyStore {
  readonly signed: SignedPreKeys;

  constructor(
    private readonly database: Database,
    private readonly meta: Meta,
    now: () => number,
  ) {
    this.signed = new SignedPreKeys(database, () => this.identity(), now);
  }

  /** @returns the device's identity and registration id, made at the first call. */
  identity(): KeyPair & { readonly registrationId: number } {
    return this.database.transaction(() => {
      const stored = this.meta.bytes('identity');
      if (stored === undefined) {
        const made = generateKeyPair();
        this.meta.put('identity', Buffer.concat([made.publicKey, made.privateKey]));
        this.meta.put('registration_id', String(generateRegistrationId()));
        return this.identity();
      }
      const registrationId = Number(this.meta.text('registration_id'));
      return { publicKey: stored.slice(0, 32), privateKey: stored.slice(32), registrationId };
    });
  }

  /** @returns the signed prekey in use, made at the first call. */
  signedPreKey(): SignedPreKeyPair {
    return this.signed.inUse();
  }

  /**
   * Makes one-time prekeys until `count` wait to be published. Those that an earlier attempt could not publish come
   * first, so that failing attempts do not mint keys without end.
   */
  unpublished(count: number): PreKeyPair[] {
    const select = `SELECT id, public_key, private_key FROM one_time_prekeys WHERE destination = 'none' ORDER BY id LIMIT ?`;
    return this.database.transaction(() => {
      const waiting = this.database.all<PairRow>(select, count).map(pairOf);
      return [...waiting, ...this.mint(Math.min(count - waiting.length, this.room()), 'none')];
    });
  }

  /** Makes one prekey for one retry receipt; it is published to nobody else. */
  forRetry(): PreKeyPair | undefined {
    const prune = `DELETE FROM one_time_prekeys WHERE destination = 'retry' AND id <=
      (SELECT id FROM one_time_prekeys WHERE destination = 'retry' ORDER BY id DESC LIMIT 1 OFFSET ${maxRetryPreKeys})`;
    return this.database.transaction(() => {
      const [made] = this.mint(1, 'retry');
      this.database.run(prune);
      return made;
    });
  }

  markPublished(ids: readonly number[]): void {
    this.database.transaction(() => {
      for (const id of ids)
        this.database.run("UPDATE one_time_prekeys SET destination = 'provider' WHERE id = ?", id);
    });
  }

  preKey(id: number): KeyPair | undefined {
    const row = this.database.get<PairRow>('SELECT * FROM one_time_prekeys WHERE id = ?', id);
    return row && pairOf(row);
  }

  removePreKey(id: number): void {
    this.database.run('DELETE FROM one_time_prekeys WHERE id = ?', id);
  }

  kyberPreKey(id: number): Uint8Array | undefined {
    return this.database.get<{ record: Uint8Array }>('SELECT record FROM kyber_prekeys WHERE id = ?', id)
      ?.record;
  }

  putKyberPreKey(id: number, record: Uint8Array): void {
    this.database.run('INSERT INTO kyber_prekeys (id, record) VALUES (?, ?)', id, record);
  }

  private room(): number {
    const select = "SELECT count(*) AS count FROM one_time_prekeys WHERE destination <> 'retry'";
    return maxPreKeys - (this.database.get<{ count: number }>(select)?.count ?? 0);
  }

  private mint(count: number, destination: Destination): PreKeyPair[] {
    if (count <= 0) return [];
    const first = Number(this.meta.text('next_prekey_id') ?? '1');
    const made = generatePreKeys(first, Math.min(count, maxPreKeyId - first + 1));
    this.meta.put('next_prekey_id', String(first + made.length));
    const insert =
      'INSERT INTO one_time_prekeys (id, public_key, private_key, destination) VALUES (?, ?, ?, ?)';
    for (const key of made) {
      this.database.run(insert, key.id, key.publicKey, key.privateKey, destination);
    }
    return made;
  }
}

function pairOf(row: PairRow): PreKeyPair {
  return { id: row.id, publicKey: row.public_key, privateKey: row.private_key };
}
