import type { ConnectionMode } from '@causeway/contracts/accounts';
import { limits } from '@causeway/limits';
import { sql, type SqlExecutor } from '@causeway/postgres';
import { findOptInById, type OptInRecord } from '../opt-ins/opt-ins.store.js';

/** The right to make one attempt; void once somebody else has taken the next one. */
export interface EnlistmentClaim {
  readonly optInId: string;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
  /** When the claim ends, as the database writes it: no two claims of an enlistment have the same. */
  readonly lease: string;
}

interface Row {
  readonly opt_in_id: string;
  readonly attempts: number;
  readonly lease: string;
}

/** What an enlistment begins with. */
interface Beginning {
  readonly integrator: number;
  readonly noisePublicKey: Uint8Array;
  readonly mode: ConnectionMode;
}

const never = sql.raw(`'infinity'::timestamptz`);
const leaseEnd = sql`now() + make_interval(secs => ${limits.enlistmentLeaseMs.value / 1_000})`;
/** The inactivity clock counts days in UTC; what is due today is looked at with the next sweep. */
const today = sql.raw(`(now() at time zone 'UTC')::date`);
const claimed = sql.raw('returning opt_in_id, attempts, next_attempt_at::text as lease');

/** Begins to enlist, or begins anew after a refusal, and claims the first attempt, which may be the device's own. */
export async function beginEnlistment(
  tx: SqlExecutor,
  optInId: string,
  { integrator, noisePublicKey, mode }: Beginning,
): Promise<EnlistmentClaim> {
  const rows = await tx.query<Row>(sql`
    insert into accounts.enlistments (opt_in_id, integrator, noise_public_key, mode, attempts, next_attempt_at)
    values (${optInId}, ${integrator}, ${noisePublicKey}, ${mode}, 1, ${mode === 'proxy' ? leaseEnd : never})
    on conflict (opt_in_id) do update set integrator = excluded.integrator, attempts = 1, last_error_code = null,
      noise_public_key = excluded.noise_public_key, mode = excluded.mode, next_attempt_at = excluded.next_attempt_at ${claimed}`);
  // An upsert always has its row to return.
  return toClaims(rows)[0] as EnlistmentClaim;
}

/** Claims enlistments that are due and that nobody is working on, the longest waiting first. */
export async function claimDue(executor: SqlExecutor, items: number): Promise<readonly EnlistmentClaim[]> {
  const rows = await executor.query<Row>(sql`
    with due as (
      select e.opt_in_id as id from accounts.enlistments e join accounts.opt_ins o on o.id = e.opt_in_id
      where e.next_attempt_at <= now() and o.state = 'enlisting'
        and not exists (select 1 from accounts.gatekeeper_stops s where s.gatekeeper = o.gatekeeper)
      order by e.next_attempt_at limit ${items} for update of e skip locked)
    update accounts.enlistments set attempts = attempts + 1, next_attempt_at = ${leaseEnd}
    from due where opt_in_id = due.id ${claimed}`);
  return toClaims(rows);
}

/** @returns whether nobody has claimed a later attempt. */
export async function isCurrent(tx: SqlExecutor, claim: EnlistmentClaim): Promise<boolean> {
  const rows = await tx.query(sql`
    select 1 from accounts.enlistments
    where opt_in_id = ${claim.optInId}::uuid and next_attempt_at = ${claim.lease}::timestamptz`);
  return rows.length > 0;
}

/** The gatekeeper has taken the user in. An enlistment that is settled is never due. */
export async function settleAccepted(
  tx: SqlExecutor,
  optInId: string,
  { accountNumber, noisePublicKey }: { readonly accountNumber: bigint; readonly noisePublicKey: Uint8Array },
): Promise<void> {
  await tx.query(sql`
    update accounts.enlistments set account_number = ${accountNumber.toString()}::bigint, enlisted_at = now(),
      noise_public_key = ${noisePublicKey}, last_error_code = null, next_attempt_at = 'infinity',
      last_connected_on = ${today}, clock_due_on = ${today}, reminders = 0
    where opt_in_id = ${optInId}::uuid`);
}

/** The attempts are over, without the user being taken in. */
export async function settleRefused(tx: SqlExecutor, optInId: string, code: string): Promise<void> {
  await tx.query(sql`
    update accounts.enlistments set last_error_code = ${code}, next_attempt_at = 'infinity'
    where opt_in_id = ${optInId}::uuid`);
}

/** @param waitMs until the next attempt */
export async function postpone(
  tx: SqlExecutor,
  optInId: string,
  code: string,
  waitMs: number,
): Promise<void> {
  await tx.query(sql`
    update accounts.enlistments set last_error_code = ${code},
      next_attempt_at = now() + make_interval(secs => ${waitMs / 1_000})
    where opt_in_id = ${optInId}::uuid`);
}

/** An enlistment that its device has asked for. */
export interface ReportedEnlistment {
  readonly optIn: OptInRecord;
  readonly noisePublicKey: Uint8Array;
  readonly accountNumber: bigint | undefined;
  /** Whether a gatekeeper's number is another user's already. */
  isTaken(accountNumber: bigint): Promise<boolean>;
}

/** @returns undefined when it is ours to ask, and not the device's. Needs the user's lock. */
export async function findReported(
  tx: SqlExecutor,
  optInId: string,
): Promise<ReportedEnlistment | undefined> {
  const optIn = await findOptInById(tx, optInId);
  const [row] = await tx.query<{ noise_public_key: Uint8Array; account_number: string | null }>(sql`
    select noise_public_key, account_number from accounts.enlistments
    where opt_in_id = ${optInId}::uuid and mode <> 'proxy'`);
  if (optIn === undefined || row === undefined) return undefined;
  return {
    optIn,
    noisePublicKey: row.noise_public_key,
    accountNumber: row.account_number === null ? undefined : BigInt(row.account_number),
    async isTaken(accountNumber) {
      const others = await tx.query(sql`
        select 1 from accounts.enlistments e join accounts.opt_ins o on o.id = e.opt_in_id
        where e.account_number = ${accountNumber.toString()}::bigint and o.gatekeeper = ${optIn.gatekeeper}
          and o.user_id <> ${optIn.userId}::uuid`);
      return others.length > 0;
    },
  };
}

/** The user has withdrawn her consent: nothing is attempted any more, and the gatekeeper is to be asked to delete. */
export async function requestDeletion(tx: SqlExecutor, optInId: string): Promise<void> {
  await tx.query(sql`
    update accounts.enlistments set deletion_requested_at = now(), clock_due_on = ${today}
    where opt_in_id = ${optInId}::uuid`);
}

/** Empties what is kept about the user's account at the gatekeeper. */
export async function eraseEnlistment(tx: SqlExecutor, optInId: string, confirmed: boolean): Promise<void> {
  await tx.query(sql`
    update accounts.enlistments set account_number = null, noise_public_key = ''::bytea,
      last_connected_on = null, clock_due_on = null,
      next_attempt_at = 'infinity', deletion_confirmed_at = case when ${confirmed}::boolean then now() end
    where opt_in_id = ${optInId}::uuid`);
}

function toClaims(rows: readonly Row[]): readonly EnlistmentClaim[] {
  return rows.map((row) => ({ optInId: row.opt_in_id, attempt: row.attempts, lease: row.lease }));
}
