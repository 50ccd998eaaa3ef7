import { accountsErrors } from '@causeway/contracts/accounts';
import { failpoint } from '@causeway/failpoints';
import { AppError, RemoteError } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import type { Postgres } from '@causeway/postgres';
import { SealingError } from '@causeway/sealing';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { Gatekeeper, Gatekeepers } from '../gatekeepers.js';
import { findOptInById, type OptInRecord } from '../opt-ins/opt-ins.store.js';
import { SignerError } from '../signing/token-signer.js';
import { isEntitled } from '../tokens/entitlement.js';
import { TokenTooLong, type MintedToken } from '../tokens/mint.js';
import type { TokenMint } from '../tokens/token-mint.js';
import { findSubject, type TokenSubjectRecord } from '../tokens/token-subjects.store.js';
import type { Users } from '../users/users.store.js';
import type { EnlistmentOutcome } from './answer.js';
import type { DeviceKeys, EnlistmentKeySource } from './enlistment-keys.js';
import type { EnlistmentClaim } from './enlistments.store.js';
import { enlistmentForm, EnlistmentFormInvalid } from './form.js';
import { recordOutcome } from './outcomes.js';

export interface EnlisterParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly gatekeepers: Gatekeepers;
  readonly keySource: EnlistmentKeySource;
  readonly mint: TokenMint;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Makes single attempts to enlist. An attempt may be repeated, also after a crash between the gatekeeper's answer and
 * our commit: who is enlisted again keeps the number.
 */
export class Enlister {
  readonly #attempts;

  constructor(private readonly parts: EnlisterParts) {
    const help = 'Attempts to enlist a user, by what became of them';
    this.#attempts = parts.metrics.counter('enlistment_attempts_total', help, ['gatekeeper', 'outcome']);
  }

  /**
   * Makes the attempt that was claimed, and records what became of it.
   * @param deviceKeys fetched before; they are fetched now when absent
   * @returns the opt-in as it is then, or undefined when it is gone
   */
  async attempt(claim: EnlistmentClaim, deviceKeys?: DeviceKeys): Promise<OptInRecord | undefined> {
    const { postgres } = this.parts;
    const [optIn, subject] = await Promise.all([
      findOptInById(postgres, claim.optInId),
      findSubject(postgres, claim.optInId),
    ]);
    if (optIn?.state !== 'enlisting' || subject?.mode !== 'proxy') return optIn;
    // Who was suspended meanwhile is not enlisted; the sweeper looks again.
    if (!isEntitled(subject, 'enlistment')) return optIn;
    const gatekeeper = this.parts.gatekeepers.get(optIn.gatekeeper);
    const { outcome, noisePublicKey } = await this.#ask(gatekeeper, optIn, subject, deviceKeys);
    this.#attempts.inc({ gatekeeper: optIn.gatekeeper, outcome: outcome.kind });
    failpoint('accounts.enlistment.answered');
    const { gatekeeper: name, id: optInId } = optIn;
    const result = outcome.kind === 'accepted' ? {} : { code: outcome.code };
    const fields = { gatekeeper: name, optInId, attempt: claim.attempt, outcome: outcome.kind, ...result };
    this.parts.logger.info(fields, 'enlistment attempted');
    return recordOutcome(this.parts.users, optIn, claim, outcome, noisePublicKey);
  }

  /**
   * A token to enlist with.
   * @throws {TokenTooLong | SealingError | SignerError}
   */
  token(
    gatekeeper: Gatekeeper,
    subject: TokenSubjectRecord,
    noisePublicKey: Uint8Array,
  ): Promise<MintedToken> {
    const { token: profile } = gatekeeper.profile;
    return this.parts.mint.mint({ subject, profile, purpose: 'enlistment', noisePublicKey });
  }

  /** A key that the device keeps is the one that it named when it opted in. */
  #fetch(
    { profile }: Gatekeeper,
    { deviceId, gatekeeper }: OptInRecord,
    { noisePublicKey }: TokenSubjectRecord,
  ): Promise<DeviceKeys> {
    if (profile.noiseKeys === 'sealed') return this.parts.keySource.fetch(deviceId, gatekeeper);
    const named = Buffer.from(noisePublicKey).toString('base64');
    return this.parts.keySource.fetch(deviceId, gatekeeper, { mode: 'proxy', noisePublicKey: named });
  }

  async #ask(
    gatekeeper: Gatekeeper,
    optIn: OptInRecord,
    subject: TokenSubjectRecord,
    given: DeviceKeys | undefined,
  ): Promise<{ outcome: EnlistmentOutcome; noisePublicKey: Uint8Array }> {
    try {
      const deviceKeys = given ?? (await this.#fetch(gatekeeper, optIn, subject));
      const { keys, noisePublicKey } = deviceKeys;
      const { token } = await this.token(gatekeeper, subject, noisePublicKey);
      const outcome = await gatekeeper.enlistment.enlist(enlistmentForm({ keys, noisePublicKey, token }));
      return { outcome, noisePublicKey };
    } catch (error) {
      return { outcome: outcomeOf(error), noisePublicKey: subject.noisePublicKey };
    }
  }
}

/** What an error on the way to the gatekeeper means for the enlistment. @throws what is none of ours */
function outcomeOf(error: unknown): EnlistmentOutcome {
  if (error instanceof RemoteError || error instanceof SignerError)
    return { kind: 'unanswered', code: error.code };
  const ours =
    error instanceof TokenTooLong || error instanceof EnlistmentFormInvalid || error instanceof SealingError;
  const unpublished = error instanceof AppError && error.code === accountsErrors.keys_not_published.code;
  if (ours || unpublished) return { kind: 'refused', code: error.code };
  throw error;
}
