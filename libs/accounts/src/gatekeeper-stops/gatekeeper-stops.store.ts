import { accountsErrors } from '@causeway/contracts/accounts';
import { sql, type SqlExecutor } from '@causeway/postgres';
import { recordRevocation } from '../opt-ins/revocations.store.js';
import { refusal } from '../refusal.js';

/** A gatekeeper where everything is stopped. */
export interface GatekeeperStop {
  readonly gatekeeper: string;
  /** The operator's words, for other operators. */
  readonly reason: string;
  readonly stoppedAt: Date;
}

/**
 * Stops everything at a gatekeeper, from the commit on: nobody logs in, is enlisted, sends or receives there, and no
 * deletion is asked for. Every pod notices within 2 seconds, without an event or a broadcast.
 * @returns false when it was stopped already
 */
export async function stopGatekeeper(tx: SqlExecutor, gatekeeper: string, reason: string): Promise<boolean> {
  const rows = await tx.query(sql`
    insert into accounts.gatekeeper_stops (gatekeeper, reason) values (${gatekeeper}, ${reason})
    on conflict do nothing returning gatekeeper`);
  if (rows.length > 0) await recordRevocation(tx, undefined);
  return rows.length > 0;
}

/** Lets a gatekeeper's users in again; those who are online connect within seconds. @returns false when it was not stopped */
export async function resumeGatekeeper(tx: SqlExecutor, gatekeeper: string): Promise<boolean> {
  const rows = await tx.query(
    sql`delete from accounts.gatekeeper_stops where gatekeeper = ${gatekeeper} returning gatekeeper`,
  );
  // Rights are read again also where they were given back.
  if (rows.length > 0) await recordRevocation(tx, undefined);
  return rows.length > 0;
}

export async function listStops(executor: SqlExecutor): Promise<readonly GatekeeperStop[]> {
  const rows = await executor.query<{ gatekeeper: string; reason: string; stopped_at: Date }>(
    sql`select gatekeeper, reason, stopped_at from accounts.gatekeeper_stops order by gatekeeper`,
  );
  return rows.map(({ gatekeeper, reason, stopped_at: stoppedAt }) => ({ gatekeeper, reason, stoppedAt }));
}

/** @throws {AppError} `gatekeeper_stopped` */
export async function demandRunning(executor: SqlExecutor, gatekeeper: string): Promise<void> {
  const rows = await executor.query(
    sql`select 1 from accounts.gatekeeper_stops where gatekeeper = ${gatekeeper}`,
  );
  if (rows.length > 0) throw refusal(accountsErrors.gatekeeper_stopped);
}
