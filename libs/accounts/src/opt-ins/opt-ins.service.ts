import { accountsErrors, type OptInRequest } from '@causeway/contracts/accounts';
import type { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { revocationChannel, type Coordination } from '@causeway/coordination';
import { failpoint } from '@causeway/failpoints';
import { demandRecentAuthentication, type Caller } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { rateLimits } from '@causeway/limits';
import type { Postgres, SqlExecutor } from '@causeway/postgres';
import { ownDevice } from '../devices/device-owner.js';
import type { Eligibility } from '../eligibility/eligibility.service.js';
import type { EnlistmentKeySource } from '../enlistment/enlistment-keys.js';
import type { Enlister } from '../enlistment/enlister.js';
import { requestDeletion } from '../enlistment/enlistments.store.js';
import { demandRunning } from '../gatekeeper-stops/gatekeeper-stops.store.js';
import type { Gatekeepers } from '../gatekeepers.js';
import type { Proofs } from '../identifiers/proofs.js';
import type { Recycling } from '../identifiers/recycling.js';
import { demandChosenMode } from '../modes/mode-choices.store.js';
import { takeFrom } from '../rates.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import type { Consents } from './consents.js';
import {
  findLatest,
  findLive,
  findLiveOfDevice,
  findLiveOfUser,
  findLiveUnder,
  listOptIns,
  type OptInRecord,
} from './opt-ins.store.js';
import { nextState } from './state-machine.js';
import { takeStep } from './transitions.js';

export interface OptInParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly gatekeepers: Gatekeepers;
  readonly consents: Consents;
  readonly keySource: EnlistmentKeySource;
  readonly enlister: Enlister;
  readonly coordination: Pick<Coordination, 'rates' | 'signals'>;
  readonly proofs: Proofs;
  readonly recycling: Recycling;
  readonly eligibility: Pick<Eligibility, 'demand'>;
  readonly clock: Clock;
}

/** The users' opt-ins: given, looked at and withdrawn by a device of theirs. */
export class OptIns {
  constructor(private readonly parts: OptInParts) {}

  /**
   * Records the caller's consent and has her enlisted. Asking again changes nothing, except after a refusal: then the
   * enlistment is tried again. An enlistment without an answer goes on by itself.
   * @throws {AppError} as the contract's errors say, `rate_limited`
   */
  async optIn(
    caller: Caller,
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
    request: OptInRequest,
  ): Promise<OptInRecord> {
    const { postgres, gatekeepers, consents, keySource, enlister, coordination } = this.parts;
    const { userId, userState } = await ownDevice(postgres, caller, deviceId);
    const { profile } = gatekeepers.get(gatekeeper);
    if (userState !== 'active') throw refusal(accountsErrors.user_suspended);
    const { proofs, recycling, eligibility, clock } = this.parts;
    const { kinds } = profile.identifierPolicy;
    // They only look: of several refusals the first counts, whichever comes back sooner.
    const [, proven, live] = await inOrder([
      demandRunning(postgres, gatekeeper),
      proofs.of(caller, userId, request.identifierKind, kinds),
      findLive(postgres, userId, gatekeeper),
    ]);
    const consent = { deviceId, gatekeeper, proven, request, authTime: caller.claims.auth_time };
    const replacing = request.replaceDevice && live !== undefined && live.deviceId !== deviceId;
    if (replacing) demandRecentAuthentication(caller, clock);
    const standing = live !== undefined && live.state !== 'consented' && !replacing;
    // A mere repetition costs nothing; whatever is written or asked of the gatekeeper is counted.
    if (!standing || live.readReceipts !== request.readReceipts) {
      await takeFrom(coordination, rateLimits.optIn, userId);
    }
    if (standing) return consents.repeat(userId, consent);
    const { connection } = request;
    await demandChosenMode(postgres, userId, gatekeeper, connection);
    const ofDevice = profile.mode !== 'proxy' || profile.noiseKeys === 'device';
    if (ofDevice && connection === undefined) throw refusal(accountsErrors.noise_key_missing);
    if (connection?.mode === 'proxy' && profile.noiseKeys === 'sealed') {
      throw refusal(accountsErrors.noise_key_not_taken);
    }
    await inOrder([eligibility.demand(userId, profile), recycling.demandFree(proven, gatekeeper)]);
    const deviceKeys = await keySource.fetch(deviceId, gatekeeper, connection);
    await recycling.claim(userId, proven, gatekeeper);
    const { optIn, claim } = await consents.give(userId, profile.integrator, consent, deviceKeys);
    if (replacing) await this.tellRevoked();
    // A device that connects itself also enlists itself.
    if (claim === undefined || deviceKeys.mode !== 'proxy') return optIn;
    failpoint('accounts.opt-in.committed');
    const attempted = (await enlister.attempt(claim, deviceKeys)) ?? optIn;
    if (attempted.state === 'consented') throw refusal(accountsErrors.enlistment_refused);
    return attempted;
  }

  /** @throws {AppError} `device_unknown`, `gatekeeper_unknown`, `opt_in_unknown` */
  async find(caller: Caller, deviceId: DeviceId, gatekeeper: GatekeeperId): Promise<OptInRecord> {
    const { postgres, gatekeepers } = this.parts;
    await ownDevice(postgres, caller, deviceId);
    gatekeepers.get(gatekeeper);
    const optIn = await findLatest(postgres, deviceId, gatekeeper);
    if (optIn === undefined) throw refusal(accountsErrors.opt_in_unknown);
    return optIn;
  }

  /**
   * Withdraws the caller's consent; withdrawing again changes nothing.
   * @throws {AppError} as `find`
   */
  async withdraw(caller: Caller, deviceId: DeviceId, gatekeeper: GatekeeperId): Promise<OptInRecord> {
    const { userId } = await this.find(caller, deviceId, gatekeeper);
    const optIn = await this.parts.users.change(userId, async (tx) => {
      const latest = await findLatest(tx, deviceId, gatekeeper);
      return latest && withdrawLocked(tx, latest);
    });
    if (optIn === undefined) throw refusal(accountsErrors.opt_in_unknown);
    await this.tellRevoked();
    return optIn;
  }

  /** Rights were taken, and it is committed: whoever lets devices send looks at once. Never throws. */
  async tellRevoked(): Promise<void> {
    await this.parts.coordination.signals.publish(revocationChannel, '');
  }

  /** Every opt-in of a user, oldest first. */
  listOfUser(userId: string): ReturnType<typeof listOptIns> {
    return listOptIns(this.parts.postgres, userId);
  }

  /** Withdraws everything that a user has opted in to. Needs her lock. */
  async withdrawAllOfUser(tx: SqlExecutor, userId: string): Promise<void> {
    for (const optIn of await findLiveOfUser(tx, userId)) await withdrawLocked(tx, optIn);
  }

  /** Withdraws what is opted in to under an identifier. Needs the lock of its user. */
  async withdrawUnder(tx: SqlExecutor, identifierId: string): Promise<void> {
    for (const optIn of await findLiveUnder(tx, identifierId)) await withdrawLocked(tx, optIn);
  }

  /** Withdraws everything that a device has opted in to. Needs the user's lock. */
  async withdrawAllOf(tx: SqlExecutor, deviceId: DeviceId): Promise<void> {
    for (const optIn of await findLiveOfDevice(tx, deviceId)) await withdrawLocked(tx, optIn);
  }
}

async function withdrawLocked(tx: SqlExecutor, optIn: OptInRecord): Promise<OptInRecord> {
  if (nextState(optIn.state, 'withdraw') === undefined) return optIn;
  await requestDeletion(tx, optIn.id);
  return takeStep(tx, optIn, 'withdraw');
}

/** Waits for all, and throws what the first of them in their order threw. */
async function inOrder<const Tasks extends readonly Promise<unknown>[]>(
  tasks: Tasks,
): Promise<{ -readonly [Index in keyof Tasks]: Awaited<Tasks[Index]> }> {
  await Promise.allSettled(tasks);
  const results: unknown[] = [];
  for (const task of tasks) results.push(await task);
  return results as { -readonly [Index in keyof Tasks]: Awaited<Tasks[Index]> };
}
