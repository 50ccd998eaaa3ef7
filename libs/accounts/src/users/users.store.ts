import { randomUUID } from 'node:crypto';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import type { KeyWrap } from '@causeway/sealing';
import { createDataKey, UserSeal } from './user-seal.js';

/** A user's row; in a change it is locked until its transaction ends. */
export interface UserRecord {
  readonly id: string;
  readonly state: 'active' | 'suspended' | 'erased';
  readonly dataKey: Uint8Array | null;
}

interface Row {
  readonly id: string;
  readonly state: UserRecord['state'];
  readonly data_key_sealed: Uint8Array | null;
}

/** Table `accounts.users`. */
export class Users {
  constructor(
    private readonly postgres: Postgres,
    private readonly keyWrap: KeyWrap,
  ) {}

  /** @returns the user of that id, as she is now. */
  async get(userId: string): Promise<UserRecord | undefined> {
    const [row] = await this.postgres.query<Row>(
      sql`select id, state, data_key_sealed from accounts.users where id = ${userId}::uuid`,
    );
    return row && { id: row.id, state: row.state, dataKey: row.data_key_sealed };
  }

  /** @returns the id of the subject's user, if there is one. */
  async find(subjectHash: Uint8Array): Promise<string | undefined> {
    const [row] = await this.postgres.query<Pick<Row, 'id'>>(
      sql`select id from accounts.users where subject_hash = ${subjectHash}`,
    );
    return row?.id;
  }

  /** @returns the id of the subject's user, who is created when new; of two calls at once both get the same. */
  async findOrCreate(subjectHash: Uint8Array): Promise<string> {
    const known = await this.find(subjectHash);
    if (known !== undefined) return known;
    const id = randomUUID();
    const dataKey = await createDataKey(this.keyWrap, id);
    const [created] = await this.postgres.query<Pick<Row, 'id'>>(sql`
      insert into accounts.users (id, subject_hash, data_key_sealed) values (${id}, ${subjectHash}, ${dataKey})
      on conflict (subject_hash) do nothing returning id`);
    return created?.id ?? this.findOrCreate(subjectHash);
  }

  /**
   * Runs `change` in a transaction that holds the user's row: whatever is changed about one user, her devices,
   * identifiers and opt-ins, is changed one after another. Rolls back and throws what `change` throws.
   * @returns undefined when there is no such user
   */
  async change<T>(
    userId: string,
    change: (tx: SqlExecutor, user: UserRecord) => Promise<T>,
  ): Promise<T | undefined> {
    return this.postgres.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      return user && change(tx, user);
    });
  }

  /** @throws {SealingError} when the user's data key is erased or does not open */
  seal(user: { readonly id: string; readonly dataKey: Uint8Array | null }): Promise<UserSeal> {
    return UserSeal.open(this.keyWrap, user.id, user.dataKey);
  }
}

/** Locks a user's row until the transaction ends. @returns undefined when there is no such user */
export async function lockUser(tx: SqlExecutor, userId: string): Promise<UserRecord | undefined> {
  const [row] = await tx.query<Row>(
    sql`select id, state, data_key_sealed from accounts.users where id = ${userId}::uuid for update`,
  );
  return row && { id: row.id, state: row.state, dataKey: row.data_key_sealed };
}
