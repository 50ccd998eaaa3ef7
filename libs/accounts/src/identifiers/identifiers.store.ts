import { randomBytes, randomUUID } from 'node:crypto';
import { accountsErrors } from '@causeway/contracts/accounts';
import type { IdentifierKind } from '@causeway/identifiers';
import { limits } from '@causeway/limits';
import { PostgresError, sql, type Postgres, type Sql, type SqlExecutor } from '@causeway/postgres';
import { refusal } from '../refusal.js';
import type { UserSeal } from '../users/user-seal.js';
import type { IdentifierHash } from './identifier-hash.js';
import type { ProvenIdentifier } from './proof.js';

/** How the method of an identifier begins for which the provider's backend vouches. */
export const ASSERTED = 'provider ';

/** An identifier that somebody has. */
export interface OwnedIdentifier {
  readonly id: string;
  readonly userId: string;
  readonly provenAt: Date;
}

/** @returns under what an identifier's value is sealed. */
export function identifierContext(identifierId: string): string {
  return `identifier ${identifierId}`;
}

/** Table `accounts.identifiers`. */
export class Identifiers {
  constructor(
    private readonly hash: IdentifierHash,
    private readonly postgres: Postgres,
  ) {}

  /**
   * Keeps a proven identifier for a user: one that she has is found again. Needs the user's lock.
   * @returns the identifier's id
   * @throws {AppError} `identifier_not_proven` when it was proven for another user as late, `identifier_limit_reached`
   */
  async keep(tx: SqlExecutor, userId: string, seal: UserSeal, proven: ProvenIdentifier): Promise<string> {
    const hmac = this.hash.of(proven.value);
    const known = await this.findOwner(proven, tx);
    if (known !== undefined && known.userId !== userId) throw refusal(accountsErrors.identifier_not_proven);
    if (known !== undefined) {
      await tx.query(sql`
        update accounts.identifiers set proven_at = ${proven.provenAt}, method = ${proven.method}
        where id = ${known.id}::uuid and proven_at < ${proven.provenAt}`);
      return known.id;
    }
    await demandRoom(tx, userId);
    const id = randomUUID();
    const sealed = seal.seal(identifierContext(id), proven.value);
    try {
      await tx.query(sql`
        insert into accounts.identifiers (id, user_id, kind, value_sealed, value_hmac, proven_at, method)
        values (${id}, ${userId}, ${proven.kind}, ${sealed}, ${hmac}, ${proven.provenAt}, ${proven.method})`);
    } catch (error) {
      // Another user's transaction was faster between our look and our insert.
      const taken = error instanceof PostgresError && error.code === 'unique_violation';
      throw taken ? refusal(accountsErrors.identifier_not_proven, { cause: error }) : error;
    }
    return id;
  }

  /** @returns who has the identifier now. */
  async findOwner(
    { value }: Pick<ProvenIdentifier, 'value'>,
    executor: SqlExecutor = this.postgres,
  ): Promise<OwnedIdentifier | undefined> {
    const [row] = await executor.query<{ id: string; user_id: string; proven_at: Date }>(sql`
      select id, user_id, proven_at from accounts.identifiers
      where value_hmac = ${this.hash.of(value)} and removed_at is null`);
    return row && { id: row.id, userId: row.user_id, provenAt: row.proven_at };
  }

  /**
   * One look at who has an identifier, and whether it is free at a gatekeeper, where one is given.
   * @returns `released`: false while an account under it, which was somebody else's, waits for its deletion there
   */
  async look(
    { value }: Pick<ProvenIdentifier, 'value'>,
    gatekeeper: string | undefined,
  ): Promise<{ readonly owner: OwnedIdentifier | undefined; readonly released: boolean }> {
    const hmac = this.hash.of(value);
    const [row] = await this.postgres.query<{
      id: string | null;
      user_id: string;
      proven_at: Date;
      leaving: boolean;
    }>(sql`
      select i.id, i.user_id, i.proven_at, exists (${leaving(hmac, gatekeeper ?? '')}) as leaving
      from (select 1) one left join accounts.identifiers i on i.value_hmac = ${hmac} and i.removed_at is null`);
    const owner =
      row === undefined || row.id === null
        ? undefined
        : { id: row.id, userId: row.user_id, provenAt: row.proven_at };
    return { owner, released: row?.leaving !== true };
  }

  /** @returns the identifier of that kind for which the provider's backend vouched last. */
  async findAsserted(
    userId: string,
    kind: IdentifierKind,
  ): Promise<{ id: string; sealed: Uint8Array; method: string; provenAt: Date } | undefined> {
    const [row] = await this.postgres.query<{
      id: string;
      value_sealed: Uint8Array;
      method: string;
      proven_at: Date;
    }>(sql`
      select id, value_sealed, method, proven_at from accounts.identifiers
      where user_id = ${userId}::uuid and kind = ${kind} and removed_at is null and lost_at is null
        and starts_with(method, ${ASSERTED}) order by proven_at desc limit 1`);
    return row && { id: row.id, sealed: row.value_sealed, method: row.method, provenAt: row.proven_at };
  }

  /** Whether an account under the identifier, which was somebody else's, still waits for its deletion at a gatekeeper. */
  async isBeingReleased({ value }: Pick<ProvenIdentifier, 'value'>, gatekeeper: string): Promise<boolean> {
    const rows = await this.postgres.query(leaving(this.hash.of(value), gatekeeper));
    return rows.length > 0;
  }

  /** @returns whether the identifier of that id is the proven one. */
  async is(tx: SqlExecutor, identifierId: string, proven: ProvenIdentifier): Promise<boolean> {
    const rows = await tx.query(sql`
      select 1 from accounts.identifiers
      where id = ${identifierId}::uuid and value_hmac = ${this.hash.of(proven.value)} and removed_at is null`);
    return rows.length > 0;
  }
}

const leaving = (hmac: Buffer, gatekeeper: string): Sql => sql`
  select 1 from accounts.identifiers l join accounts.opt_ins o on o.identifier_id = l.id
  where l.lost_hmac = ${hmac} and o.gatekeeper = ${gatekeeper} and o.state not in ('deleted', 'lapsed') limit 1`;

async function demandRoom(tx: SqlExecutor, userId: string): Promise<void> {
  const [row] = await tx.query<{ count: string }>(sql`
    select count(*) from accounts.identifiers where user_id = ${userId}::uuid and removed_at is null`);
  if (Number(row?.count) >= limits.identifiersPerUser.value)
    throw refusal(accountsErrors.identifier_limit_reached);
}

/** Empties an identifier under which its user is at no gatekeeper any more. Needs the user's lock. */
export async function forgetUnused(tx: SqlExecutor, identifierId: string): Promise<void> {
  await tx.query(sql`
    update accounts.identifiers
    set removed_at = now(), value_sealed = ''::bytea, value_hmac = ''::bytea, lost_hmac = null
    where id = ${identifierId}::uuid and removed_at is null and not exists (
      select 1 from accounts.opt_ins
      where identifier_id = ${identifierId}::uuid and state not in ('deleted', 'lapsed'))`);
}

/**
 * Takes an identifier from its user, under which she is still at a gatekeeper: nobody finds her by it any more, and its
 * sealed value stays for the request to delete. Needs the user's lock.
 */
export async function markLost(tx: SqlExecutor, identifierId: string): Promise<void> {
  await tx.query(sql`
    update accounts.identifiers set lost_at = now(), lost_hmac = value_hmac, value_hmac = ${randomBytes(32)}
    where id = ${identifierId}::uuid and removed_at is null and lost_at is null`);
}
