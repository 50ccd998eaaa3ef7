import { accountsErrors, type OptInRequest } from '@causeway/contracts/accounts';
import { UserId, type DeviceId, type GatekeeperId } from '@causeway/contracts/ids';
import type { SqlExecutor } from '@causeway/postgres';
import type { DeviceKeys } from '../enlistment/enlistment-keys.js';
import { beginEnlistment, type EnlistmentClaim } from '../enlistment/enlistments.store.js';
import type { Identifiers } from '../identifiers/identifiers.store.js';
import type { ProvenIdentifier } from '../identifiers/proof.js';
import { demandChosenMode } from '../modes/mode-choices.store.js';
import { announce } from '../outbox.js';
import { refusal } from '../refusal.js';
import type { UserRecord, Users } from '../users/users.store.js';
import { logConsentGiven } from './consent-log.store.js';
import { findLive, insertOptIn, updateReadReceipts, type OptInRecord } from './opt-ins.store.js';
import { leaveDevice } from './device-change.js';
import { takeStep } from './transitions.js';

/** One user's wish to use one gatekeeper with one device, under an identifier that is proven for her. */
export interface Consent {
  readonly deviceId: DeviceId;
  readonly gatekeeper: GatekeeperId;
  readonly proven: ProvenIdentifier;
  readonly request: OptInRequest;
  /** Seconds since 1970, when she last proved who she is, if the access token says so. */
  readonly authTime: number | undefined;
}

/** Writes consents down, each with the opt-in that it makes, its evidence and its event in one transaction. */
export class Consents {
  constructor(
    private readonly users: Users,
    private readonly identifiers: Identifiers,
  ) {}

  /**
   * Records a consent and begins to enlist.
   * @returns without a claim when somebody else was faster, and the enlistment is under way or done
   * @throws {AppError} `opt_in_on_other_device`, `opt_in_being_deleted`, `opt_in_differs`, `identifier_not_proven`,
   *   `user_suspended`, `device_unknown`, `noise_key_missing`, `connection_mode_differs`
   */
  async give(
    userId: string,
    integrator: number,
    consent: Consent,
    { noisePublicKey, mode }: DeviceKeys,
  ): Promise<{ readonly optIn: OptInRecord; readonly claim?: EnlistmentClaim }> {
    return this.#change(userId, async (tx, user) => {
      const found = await findLive(tx, userId, consent.gatekeeper);
      const moved =
        found !== undefined && consent.request.replaceDevice && found.deviceId !== consent.deviceId;
      if (moved) await leaveDevice(tx, found);
      const live = moved ? undefined : found;
      if (live !== undefined && live.state !== 'consented')
        return { optIn: await this.#confirm(tx, user, live, consent) };
      // It may have been chosen while the keys were fetched.
      await demandChosenMode(tx, userId, consent.gatekeeper, consent.request.connection);
      const optIn = live
        ? await this.#confirm(tx, user, live, consent)
        : await this.#create(tx, user, consent);
      const claim = await beginEnlistment(tx, optIn.id, { integrator, noisePublicKey, mode });
      return { optIn: await takeStep(tx, optIn, 'enlist'), claim };
    });
  }

  /** Takes up a consent that was given before. @throws {AppError} as `give` */
  async repeat(userId: string, consent: Consent): Promise<OptInRecord> {
    return this.#change(userId, async (tx, user) => {
      const live = await findLive(tx, userId, consent.gatekeeper);
      if (live === undefined) throw refusal(accountsErrors.opt_in_unknown);
      return this.#confirm(tx, user, live, consent);
    });
  }

  async #create(tx: SqlExecutor, user: UserRecord, consent: Consent): Promise<OptInRecord> {
    const { deviceId, gatekeeper, proven, request } = consent;
    using seal = await this.users.seal(user);
    const identifierId = await this.identifiers.keep(tx, user.id, seal, proven);
    const { readReceipts } = request;
    const userId = UserId.parse(user.id);
    const optIn = await insertOptIn(tx, { userId, deviceId, gatekeeper, identifierId, readReceipts });
    await logConsentGiven(tx, optIn, seal, consent);
    await announce(tx, { type: 'opt-in.requested', userId, deviceId, gatekeeper, optInId: optIn.id });
    return optIn;
  }

  /** Holds a repeated consent against the opt-in that there is. What the user may change is logged and changed. */
  async #confirm(
    tx: SqlExecutor,
    user: UserRecord,
    live: OptInRecord,
    consent: Consent,
  ): Promise<OptInRecord> {
    if (live.state === 'deleting') throw refusal(accountsErrors.opt_in_being_deleted);
    if (live.deviceId !== consent.deviceId) throw refusal(accountsErrors.opt_in_on_other_device);
    if (live.state === 'suspended') throw refusal(accountsErrors.user_suspended);
    if (!(await this.identifiers.is(tx, live.identifierId, consent.proven))) {
      throw refusal(accountsErrors.opt_in_differs);
    }
    const { readReceipts } = consent.request;
    if (live.state !== 'consented' && live.readReceipts === readReceipts) return live;
    using seal = await this.users.seal(user);
    await logConsentGiven(tx, live, seal, consent);
    await updateReadReceipts(tx, live.id, readReceipts);
    return { ...live, readReceipts };
  }

  async #change<T>(userId: string, change: (tx: SqlExecutor, user: UserRecord) => Promise<T>): Promise<T> {
    const result = await this.users.change(userId, async (tx, user) => {
      if (user.state !== 'active') throw refusal(accountsErrors.user_suspended);
      return { value: await change(tx, user) };
    });
    if (result === undefined) throw refusal(accountsErrors.device_unknown);
    return result.value;
  }
}
