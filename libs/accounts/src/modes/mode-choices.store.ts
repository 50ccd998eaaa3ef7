import { accountsErrors, type ConnectionMode, type OptInRequest } from '@causeway/contracts/accounts';
import { sql, type SqlExecutor } from '@causeway/postgres';
import { refusal } from '../refusal.js';

/** @returns the mode that was chosen for a user; undefined when the profile's counts. */
export async function findModeChoice(
  executor: SqlExecutor,
  userId: string,
  gatekeeper: string,
): Promise<ConnectionMode | undefined> {
  const [row] = await executor.query<{ mode: ConnectionMode }>(sql`
    select mode from accounts.mode_choices where user_id = ${userId}::uuid and gatekeeper = ${gatekeeper}`);
  return row?.mode;
}

/** @param mode undefined takes the choice back */
export async function writeModeChoice(
  tx: SqlExecutor,
  userId: string,
  gatekeeper: string,
  mode: ConnectionMode | undefined,
): Promise<void> {
  await (mode === undefined
    ? tx.query(sql`
        delete from accounts.mode_choices where user_id = ${userId}::uuid and gatekeeper = ${gatekeeper}`)
    : tx.query(sql`
        insert into accounts.mode_choices (user_id, gatekeeper, mode) values (${userId}, ${gatekeeper}, ${mode})
        on conflict (user_id, gatekeeper) do update set mode = excluded.mode, chosen_at = now()`));
}

/** @returns the mode in which an opt-in was enlisted, or is being; undefined before that. */
export async function findEnlistedMode(
  executor: SqlExecutor,
  optInId: string,
): Promise<ConnectionMode | undefined> {
  const [row] = await executor.query<{ mode: ConnectionMode }>(
    sql`select mode from accounts.enlistments where opt_in_id = ${optInId}::uuid`,
  );
  return row?.mode;
}

/**
 * Holds what a device opts in with against the mode that was chosen for its user, if one was.
 * @throws {AppError} `noise_key_missing`, `connection_mode_differs`
 */
export async function demandChosenMode(
  executor: SqlExecutor,
  userId: string,
  gatekeeper: string,
  connection: OptInRequest['connection'],
): Promise<void> {
  const chosen = await findModeChoice(executor, userId, gatekeeper);
  if (chosen === undefined || chosen === (connection?.mode ?? 'proxy')) return;
  const fields = [{ path: 'connection.mode', problem: `must be ${chosen}` }];
  if (connection === undefined) throw refusal(accountsErrors.noise_key_missing, { fields });
  throw refusal(accountsErrors.connection_mode_differs, { fields });
}
