import { accountsErrors } from '@causeway/contracts/accounts';
import type { SqlExecutor } from '@causeway/postgres';
import { recordAudit } from '../audit/audit-log.store.js';
import { settleRefused } from '../enlistment/enlistments.store.js';
import { announce } from '../outbox.js';
import { refusal } from '../refusal.js';
import type { OptInRecord } from './opt-ins.store.js';
import { nextState } from './state-machine.js';
import { takeStep } from './transitions.js';

/**
 * Ends a user's opt-in on a device that another one takes the place of, and tells it why. The gatekeeper is not asked to
 * delete: the enlistment of the new device replaces the keys of the old one under the same account. Needs the user's lock.
 * @throws {AppError} `user_suspended`, `opt_in_being_deleted`; `opt_in_on_other_device` while the old device is enlisting
 */
export async function leaveDevice(tx: SqlExecutor, optIn: OptInRecord): Promise<void> {
  if (optIn.state === 'suspended') throw refusal(accountsErrors.user_suspended);
  if (optIn.state === 'deleting') throw refusal(accountsErrors.opt_in_being_deleted);
  if (optIn.state === 'consented') return void (await takeStep(tx, optIn, 'withdraw'));
  if (nextState(optIn.state, 'expired') === undefined) throw refusal(accountsErrors.opt_in_on_other_device);
  await settleRefused(tx, optIn.id, accountsErrors.interop_device_replaced.code);
  await takeStep(tx, optIn, 'expired');
  const { userId, deviceId, gatekeeper, id: optInId } = optIn;
  await recordAudit(tx, { userId, actor: 'user', action: 'interop_device.replaced' });
  await announce(tx, { type: 'opt-in.moved', userId, deviceId, gatekeeper, optInId });
}
