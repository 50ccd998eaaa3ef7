import {
  accountsErrors,
  type EnlistmentReport,
  type EnlistmentTokenResponse,
} from '@causeway/contracts/accounts';
import type { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import type { Caller } from '@causeway/http';
import { rateLimits } from '@causeway/limits';
import { demandRunning } from '../gatekeeper-stops/gatekeeper-stops.store.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import type { OptInRecord } from '../opt-ins/opt-ins.store.js';
import { nextState } from '../opt-ins/state-machine.js';
import { takeStep } from '../opt-ins/transitions.js';
import { takeFrom } from '../rates.js';
import { refusal } from '../refusal.js';
import { isEntitled } from '../tokens/entitlement.js';
import { findSubject } from '../tokens/token-subjects.store.js';
import { interpret } from './answer.js';
import type { Enlister, EnlisterParts } from './enlister.js';
import { findReported, settleAccepted, settleRefused, type ReportedEnlistment } from './enlistments.store.js';

export interface DeviceEnlistmentParts extends Pick<EnlisterParts, 'postgres' | 'users' | 'gatekeepers'> {
  readonly optIns: Pick<OptIns, 'find'>;
  readonly enlister: Pick<Enlister, 'token'>;
  readonly coordination: Pick<Coordination, 'rates'>;
}

/** Enlistments in the modes `tunnel` and `direct`: the device posts the gatekeeper's form, and reports the answer. */
export class DeviceEnlistments {
  constructor(private readonly parts: DeviceEnlistmentParts) {}

  /**
   * What the device needs from us to enlist itself, with the Noise key that it named when it opted in.
   * @throws {AppError} `device_unknown`, `gatekeeper_unknown`, `opt_in_unknown`, `enlistment_not_expected`,
   *   `gatekeeper_stopped`, `token_denied`, `rate_limited`
   */
  async token(
    caller: Caller,
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
  ): Promise<EnlistmentTokenResponse> {
    const { postgres, optIns, enlister, gatekeepers, coordination } = this.parts;
    const optIn = await optIns.find(caller, deviceId, gatekeeper);
    await demandRunning(postgres, gatekeeper);
    const subject = await findSubject(postgres, optIn.id);
    if (optIn.state !== 'enlisting' || subject === undefined || subject.mode === 'proxy') {
      throw refusal(accountsErrors.enlistment_not_expected);
    }
    if (!isEntitled(subject, 'enlistment')) throw refusal(accountsErrors.token_denied);
    await takeFrom(coordination, rateLimits.optIn, optIn.userId);
    const served = gatekeepers.get(gatekeeper);
    const { token, expiresAt } = await enlister.token(served, subject, subject.noisePublicKey);
    return { url: served.profile.enlistment.url, token, expiresAt };
  }

  /**
   * Takes the gatekeeper's answer from the device. Reporting it again changes nothing. A login that is not ours is no
   * harm to others: whoever reports it cannot log in with it.
   * @throws {AppError} `device_unknown`, `gatekeeper_unknown`, `opt_in_unknown`, `enlistment_not_expected`,
   *   `login_invalid`
   */
  async report(
    caller: Caller,
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
    report: EnlistmentReport,
  ): Promise<OptInRecord> {
    const { users, optIns, gatekeepers } = this.parts;
    const { id, userId } = await optIns.find(caller, deviceId, gatekeeper);
    const outcome = interpret(report, gatekeepers.get(gatekeeper).profile.integrator);
    const invalid = outcome.kind === 'unanswered' || (report.status === 'ok' && outcome.kind === 'refused');
    if (invalid) throw refusal(accountsErrors.login_invalid);
    const optIn = await users.change(userId, async (tx) => {
      const reported = await findReported(tx, id);
      if (reported === undefined) throw refusal(accountsErrors.enlistment_not_expected);
      const { optIn, noisePublicKey } = reported;
      if (isKnown(reported, outcome)) return optIn;
      if (nextState(optIn.state, outcome.kind) === undefined) {
        throw refusal(accountsErrors.enlistment_not_expected);
      }
      if (outcome.kind === 'refused') {
        await settleRefused(tx, id, outcome.code);
        return { ...(await takeStep(tx, optIn, 'refused', 'user')), lastErrorCode: outcome.code };
      }
      if (await reported.isTaken(outcome.accountNumber)) throw refusal(accountsErrors.login_invalid);
      await settleAccepted(tx, id, { accountNumber: outcome.accountNumber, noisePublicKey });
      return { ...(await takeStep(tx, optIn, 'accepted', 'user')), lastErrorCode: undefined };
    });
    if (optIn === undefined) throw refusal(accountsErrors.opt_in_unknown);
    return optIn;
  }
}

/** The device reports what it has reported before: its first report was carried out, and the answer lost. */
function isKnown(
  { optIn, accountNumber }: ReportedEnlistment,
  outcome: ReturnType<typeof interpret>,
): boolean {
  if (outcome.kind === 'accepted') return accountNumber === outcome.accountNumber;
  return outcome.kind === 'refused' && optIn.state === 'consented' && optIn.lastErrorCode === outcome.code;
}
