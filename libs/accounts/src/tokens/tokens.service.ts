import {
  accountsErrors,
  type DeviceTokenRequest,
  type DeviceTokenResponse,
  type TokenRequest,
  type TokenResponse,
} from '@causeway/contracts/accounts';
import { splitSessionKey, type DeviceId, type GatekeeperId } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import type { Caller } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { rateLimits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import type { Logger, Metrics } from '@causeway/telemetry';
import { ownDevice } from '../devices/device-owner.js';
import type { Gatekeepers } from '../gatekeepers.js';
import type { ConnectDays } from '../inactivity/connect-days.js';
import { takeFrom } from '../rates.js';
import { refusal } from '../refusal.js';
import { SignerError } from '../signing/token-signer.js';
import { isEntitled, type Entitled } from './entitlement.js';
import { TokenTooLong, type MintedToken, type TokenPurpose } from './mint.js';
import type { MintRequest, TokenMint } from './token-mint.js';
import { findSubjectOfSession, type TokenSubjectRecord } from './token-subjects.store.js';

export interface TokenParts {
  readonly postgres: Postgres;
  readonly gatekeepers: Gatekeepers;
  readonly coordination: Pick<Coordination, 'presence' | 'rates'>;
  readonly mint: TokenMint;
  readonly connectDays: Pick<ConnectDays, 'note'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Who asks for which token. */
interface Asked {
  readonly by: 'session' | 'device';
  readonly deviceId: DeviceId;
  readonly gatekeeper: GatekeeperId;
  readonly purpose: TokenPurpose;
}

/**
 * User tokens for gatekeepers. Who holds one can log in as the user, so each is given to the one who logs in: in `proxy`
 * mode to session while the device is online, in the others to the device itself.
 */
export class Tokens {
  readonly #requests;

  constructor(private readonly parts: TokenParts) {
    const help = 'Requests for user tokens, by what became of them';
    this.#requests = parts.metrics.counter('token_requests_total', help, [
      'gatekeeper',
      'purpose',
      'by',
      'outcome',
    ]);
  }

  /**
   * A token for a session whose device is online. What entitles to it is looked up for each request, also for one that
   * was minted before.
   * @throws {AppError} `token_denied`, `rate_limited`, `gatekeeper_unknown`, `token_too_long`, `token_unsigned`
   */
  async forSession({ sessionKey, purpose, fresh }: TokenRequest): Promise<TokenResponse> {
    const asked: Asked = { by: 'session', purpose, ...splitSessionKey(sessionKey) };
    const { profile } = this.parts.gatekeepers.get(asked.gatekeeper);
    const subject = await this.#entitled(asked);
    if (subject.mode !== 'proxy') throw this.#denied(asked, 'mode');
    const { accountNumber, integrator, readReceipts } = subject;
    if (accountNumber === undefined) throw this.#denied(asked, subject.state);
    // Only a deletion, and only where the gatekeeper's profile allows it, needs no device.
    const alone = purpose === 'deletion' && profile.deletionWithoutDevice;
    const online = alone || (await this.parts.coordination.presence.get(sessionKey)) !== undefined;
    if (!online) throw this.#denied(asked, 'offline');
    const { token, expiresAt } = await this.#give(asked, { subject, profile: profile.token, purpose }, fresh);
    const noisePublicKey = Buffer.from(subject.noisePublicKey).toString('base64');
    return { token, expiresAt, accountNumber, integrator, readReceipts, noisePublicKey };
  }

  /**
   * A token for a device that logs in by itself.
   * @throws {AppError} as `forSession`; `device_unknown`
   */
  async forDevice(
    caller: Caller,
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
    { purpose }: DeviceTokenRequest,
  ): Promise<DeviceTokenResponse> {
    const asked: Asked = { by: 'device', deviceId, gatekeeper, purpose };
    const { profile } = this.parts.gatekeepers.get(gatekeeper);
    await ownDevice(this.parts.postgres, caller, deviceId);
    const subject = await this.#entitled(asked);
    if (subject.mode === 'proxy') throw this.#denied(asked, 'mode');
    const { accountNumber, integrator } = subject;
    if (accountNumber === undefined) throw this.#denied(asked, subject.state);
    const { token, expiresAt } = await this.#give(asked, { subject, profile: profile.token, purpose });
    // Nobody else sees a direct device connect, and it needs a new token for each time.
    if (subject.mode === 'direct' && purpose === 'login') {
      this.parts.connectDays.note({ deviceId, gatekeeper, at: this.parts.clock.now() });
    }
    return { token, expiresAt, integrator, accountNumber };
  }

  async #entitled(asked: Asked): Promise<Entitled> {
    const subject = await findSubjectOfSession(this.parts.postgres, asked.deviceId, asked.gatekeeper);
    if (isEntitled(subject, asked.purpose)) return subject;
    throw this.#denied(asked, whyNot(subject));
  }

  async #give(asked: Asked, request: MintRequest, fresh = false): Promise<MintedToken> {
    const { coordination, mint, logger } = this.parts;
    await takeFrom(coordination, rateLimits.tokenMinting, asked.deviceId);
    try {
      const known = fresh ? undefined : mint.known(request);
      const minted = known ?? (await mint.mint(request));
      const outcome = known === undefined ? 'minted' : 'reused';
      this.#count(asked, outcome);
      const { optInId } = request.subject;
      logger.info({ ...record(asked, outcome), optInId, signedWith: minted.keyId }, 'token given');
      return minted;
    } catch (error) {
      const answer = answerTo(error);
      if (answer === undefined) throw error;
      this.#count(asked, 'failed');
      logger.warn({ ...record(asked, 'failed'), err: error }, 'token not minted');
      throw answer;
    }
  }

  #denied(asked: Asked, why: string): Error {
    this.#count(asked, 'denied');
    this.parts.logger.info({ ...record(asked, 'denied'), why }, 'token denied');
    return refusal(accountsErrors.token_denied);
  }

  #count({ gatekeeper, purpose, by }: Asked, outcome: string): void {
    this.#requests.inc({ gatekeeper, purpose, by, outcome });
  }
}

/** What is written down of each request, without anything that tells whose it is but the opt-in's random id. */
function record({ gatekeeper, purpose, by }: Asked, outcome: string) {
  return { audit: 'token', gatekeeper, purpose, by, outcome };
}

function whyNot(subject: TokenSubjectRecord | undefined): string {
  if (subject === undefined) return 'no_opt_in';
  return subject.user.state === 'active' ? subject.state : `user_${subject.user.state}`;
}

function answerTo(error: unknown): Error | undefined {
  if (error instanceof TokenTooLong) return refusal(accountsErrors.token_too_long, { cause: error });
  if (error instanceof SignerError) return refusal(accountsErrors.token_unsigned, { cause: error });
  return undefined;
}
