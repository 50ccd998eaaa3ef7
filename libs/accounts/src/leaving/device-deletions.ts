import { accountsErrors, type DeletionReport } from '@causeway/contracts/accounts';
import type { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import type { Caller } from '@causeway/http';
import { recordAudit } from '../audit/audit-log.store.js';
import { findEnlistedMode } from '../modes/mode-choices.store.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { findOptInById, type OptInRecord } from '../opt-ins/opt-ins.store.js';
import { nextState } from '../opt-ins/state-machine.js';
import { takeStep } from '../opt-ins/transitions.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';

/** Deletions in the modes `tunnel` and `direct`: the device asks the gatekeeper, and reports how it answered. */
export class DeviceDeletions {
  constructor(
    private readonly users: Pick<Users, 'change'>,
    private readonly optIns: Pick<OptIns, 'find'>,
  ) {}

  /**
   * Takes the gatekeeper's answer from the device, which ends the opt-in and erases what was kept for the request.
   * Reporting again changes nothing. The log says that the device said it. A false report harms nobody but who makes it:
   * her account stays at the gatekeeper until that removes it for inactivity, and no token is minted for it any more.
   * @throws {AppError} `device_unknown`, `gatekeeper_unknown`, `opt_in_unknown`, `deletion_not_expected`
   */
  async report(
    caller: Caller,
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
    { outcome }: DeletionReport,
  ): Promise<OptInRecord> {
    const { id, userId } = await this.optIns.find(caller, deviceId, gatekeeper);
    const reported = await this.users.change(userId, async (tx) => {
      const optIn = await findOptInById(tx, id);
      const mode = await findEnlistedMode(tx, id);
      if (optIn === undefined || mode === undefined || mode === 'proxy') return undefined;
      if (optIn.state === 'deleted') return optIn;
      if (nextState(optIn.state, 'confirmed') === undefined) return undefined;
      await recordAudit(tx, { userId, actor: 'user', action: 'deletion.reported', reason: outcome });
      return takeStep(tx, optIn, 'confirmed', 'user');
    });
    if (reported === undefined) throw refusal(accountsErrors.deletion_not_expected);
    return reported;
  }
}
