import { accountsErrors, type ConnectionMode } from '@causeway/contracts/accounts';
import type { SqlExecutor } from '@causeway/postgres';
import { recordAudit, type AuditEntry } from '../audit/audit-log.store.js';
import { settleRefused } from '../enlistment/enlistments.store.js';
import { findLive, type OptInRecord } from '../opt-ins/opt-ins.store.js';
import { nextState } from '../opt-ins/state-machine.js';
import { takeStep } from '../opt-ins/transitions.js';
import { requestWake } from '../outbox.js';
import { findErasure } from '../personal-data/erasures.store.js';
import { refusal } from '../refusal.js';
import { lockUser } from '../users/users.store.js';
import { findEnlistedMode, findModeChoice, writeModeChoice } from './mode-choices.store.js';

/** What is wanted for one user at one gatekeeper. */
export interface ModeChange {
  readonly userId: string;
  readonly gatekeeper: string;
  /** Undefined goes back to the profile's. */
  readonly mode: ConnectionMode | undefined;
  /** Who wants it: a client of the provider's backend, or an operator at the command line. */
  readonly by: Pick<AuditEntry, 'actor' | 'client'>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Chooses in which mode a user connects. An opt-in in another mode ends as if the gatekeeper had removed it: each mode
 * has its own Noise key, so the device opts in again, and its new enlistment replaces the old one under the same account;
 * what is open is closed within 2 seconds. Taking a choice back ends nothing: the next opt-in goes by the profile.
 * @returns whether anything was changed
 * @throws {AppError} `user_unknown`, `erasure_running`, `connection_mode_busy`; nothing is changed then
 */
export async function changeMode(tx: SqlExecutor, change: ModeChange): Promise<boolean> {
  const { userId, gatekeeper, mode, by } = change;
  const user = await lockUser(tx, userId);
  if (user === undefined || user.state === 'erased') throw refusal(accountsErrors.user_unknown);
  if ((await findErasure(tx, userId)) !== undefined) throw refusal(accountsErrors.erasure_running);
  if ((await findModeChoice(tx, userId, gatekeeper)) === mode) return false;
  await writeModeChoice(tx, userId, gatekeeper, mode);
  const action = mode === undefined ? 'connection_mode.reset' : 'connection_mode.chosen';
  await recordAudit(tx, { userId, ...by, action, ...(mode !== undefined && { reason: mode }) });
  const live = await findLive(tx, userId, gatekeeper);
  if (live !== undefined && mode !== undefined) await endOtherMode(tx, live, mode, change);
  return true;
}

async function endOtherMode(
  tx: SqlExecutor,
  optIn: OptInRecord,
  mode: ConnectionMode,
  { by, now }: ModeChange,
): Promise<void> {
  const present = await findEnlistedMode(tx, optIn.id);
  // Before it enlists, the mode is asked for then; who is leaving leaves as she came.
  if (present === undefined || present === mode) return;
  if (optIn.state === 'consented' || optIn.state === 'deleting') return;
  if (nextState(optIn.state, 'expired') === undefined) throw refusal(accountsErrors.connection_mode_busy);
  await settleRefused(tx, optIn.id, accountsErrors.connection_mode_changed.code);
  await takeStep(tx, optIn, 'expired', by.actor);
  // So that its app opts in again; one that is connected is told on its connection.
  if (optIn.state !== 'suspended') await requestWake(tx, optIn, now);
}
