import { accountsErrors, type TokenRequest, type TokenResponse } from '@causeway/contracts/accounts';
import { splitSessionKey } from '@causeway/contracts/ids';
import type { Coordination } from '@causeway/coordination';
import type { Clock } from '@causeway/lifecycle';
import { rateLimits } from '@causeway/limits';
import type { Postgres } from '@causeway/postgres';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { Gatekeepers } from '../gatekeepers.js';
import { tokenPurposeOf } from '../opt-ins/state-machine.js';
import { takeFrom } from '../rates.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import { mintToken } from './mint.js';
import type { TokenSigner } from './signing-key.js';
import { TokenCache, type MintedToken } from './token-cache.js';
import { findSubjectOfSession, openIdentifier, type TokenSubjectRecord } from './token-subjects.store.js';

export interface TokenParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly gatekeepers: Gatekeepers;
  readonly coordination: Pick<Coordination, 'presence' | 'rates'>;
  readonly signer: TokenSigner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** An opt-in for which a token may be minted. */
type Entitled = TokenSubjectRecord & { readonly accountNumber: string };

/** User tokens for gatekeepers. Who holds one can log in as the user, so each is given for one session that is online. */
export class Tokens {
  readonly #cache: TokenCache;
  readonly #requests;

  constructor(private readonly parts: TokenParts) {
    this.#cache = new TokenCache(parts.clock);
    const help = 'Requests for user tokens, by what became of them';
    this.#requests = parts.metrics.counter('token_requests_total', help, [
      'gatekeeper',
      'purpose',
      'outcome',
    ]);
  }

  /**
   * A token for a session whose device is online. What entitles to it is looked up for each request, also for one that
   * was minted before.
   * @throws {AppError} `token_denied`, `rate_limited`, `gatekeeper_unknown`
   */
  async forSession({ sessionKey, purpose }: TokenRequest): Promise<TokenResponse> {
    const { postgres, coordination, gatekeepers } = this.parts;
    const { deviceId, gatekeeper } = splitSessionKey(sessionKey);
    const { profile } = gatekeepers.get(gatekeeper);
    const subject = await findSubjectOfSession(postgres, deviceId, gatekeeper);
    // Only a deletion, and only where the gatekeeper's profile allows it, needs no device.
    const alone = purpose === 'deletion' && profile.deletionWithoutDevice;
    const online = alone || (await coordination.presence.get(sessionKey)) !== undefined;
    if (!online || !isEntitled(subject, purpose)) {
      this.#requests.inc({ gatekeeper, purpose, outcome: 'denied' });
      const why = online ? (subject?.state ?? 'no_opt_in') : 'offline';
      this.parts.logger.info({ audit: 'token', gatekeeper, purpose, outcome: 'denied', why }, 'token denied');
      throw refusal(accountsErrors.token_denied);
    }
    const { token, expiresAt } = await this.#token(subject, purpose, profile.token, sessionKey);
    const { accountNumber, integrator, readReceipts } = subject;
    return { token, expiresAt, accountNumber, integrator, readReceipts };
  }

  async #token(
    subject: Entitled,
    purpose: TokenRequest['purpose'],
    profile: Parameters<typeof mintToken>[1],
    sessionKey: string,
  ): Promise<MintedToken> {
    const { users, coordination, signer, clock, logger } = this.parts;
    const { optInId, gatekeeper, identifierId, noisePublicKey } = subject;
    const noiseKey = Buffer.from(noisePublicKey).toString('base64');
    const name = [optInId, purpose, identifierId, noiseKey].join(' ');
    const known = this.#cache.get(name);
    const outcome = known === undefined ? 'minted' : 'reused';
    if (known === undefined) await takeFrom(coordination, rateLimits.tokenMinting, sessionKey);
    const minted = known ?? (await this.#mint(users, signer, profile, subject, purpose, clock.now()));
    if (known === undefined) this.#cache.put(name, minted);
    this.#requests.inc({ gatekeeper, purpose, outcome });
    const record = { audit: 'token', optInId, gatekeeper, purpose, outcome, signedWith: signer.keyId };
    logger.info(record, 'token given to a session');
    return minted;
  }

  async #mint(
    users: Users,
    signer: TokenSigner,
    profile: Parameters<typeof mintToken>[1],
    subject: Entitled,
    purpose: TokenRequest['purpose'],
    nowMs: number,
  ): Promise<MintedToken> {
    const identifier = await openIdentifier(users, subject);
    const who = { identifier, noisePublicKey: subject.noisePublicKey, purpose };
    return mintToken(signer, profile, who, nowMs);
  }
}

/** A suspended user may still leave; a device that logs in by itself is not logged in by session. */
function isEntitled(
  subject: TokenSubjectRecord | undefined,
  purpose: TokenRequest['purpose'],
): subject is Entitled {
  if (subject?.accountNumber === undefined || tokenPurposeOf(subject.state) !== purpose) return false;
  if (subject.mode !== 'proxy') return false;
  return subject.user.state === 'active' || (purpose === 'deletion' && subject.user.state === 'suspended');
}
