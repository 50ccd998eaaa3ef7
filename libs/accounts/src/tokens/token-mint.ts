import type { Clock } from '@causeway/lifecycle';
import type { SigningKeys } from '../signing/token-signer.js';
import type { Users } from '../users/users.store.js';
import { mintToken, type MintedToken, type TokenPurpose } from './mint.js';
import { TokenCache } from './token-cache.js';
import type { TokenProfile } from './token-profile.js';
import { openIdentifier, type TokenSubjectRecord } from './token-subjects.store.js';

/** What a token is minted from. Who may have it was decided before. */
export interface MintRequest {
  readonly subject: TokenSubjectRecord;
  readonly profile: TokenProfile;
  readonly purpose: TokenPurpose;
  /** Another key than the enlisted one, where the enlistment is still to come. */
  readonly noisePublicKey?: Uint8Array;
}

/** Mints tokens, with the key whose turn it is, and keeps them for a while. */
export class TokenMint {
  readonly #cache: TokenCache;

  constructor(
    private readonly users: Pick<Users, 'seal'>,
    private readonly keys: SigningKeys,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.#cache = new TokenCache(clock);
  }

  /**
   * @returns the token that was minted for the same before, if it is young and of the key that signs now: what another
   * identifier, device key or enlistment was given is never found, nor what a revoked key has signed
   * @throws {SignerError} `signer_missing`
   */
  known(request: MintRequest): MintedToken | undefined {
    return this.#cache.get(this.#nameOf(request));
  }

  /** @throws {TokenTooLong} {@link SignerError} {@link SealingError} when the identifier does not open any more */
  async mint(request: MintRequest): Promise<MintedToken> {
    const { subject, profile, purpose, noisePublicKey = subject.noisePublicKey } = request;
    const name = this.#nameOf(request);
    const identifier = await openIdentifier(this.users, subject);
    const now = this.clock.now();
    const signer = this.keys.signerAt(profile.algorithm, now);
    const minted = await mintToken(signer, profile, { identifier, noisePublicKey, purpose }, now);
    this.#cache.put(name, minted);
    return minted;
  }

  #nameOf({ subject, profile, purpose, noisePublicKey = subject.noisePublicKey }: MintRequest): string {
    const { keyId } = this.keys.signerAt(profile.algorithm, this.clock.now());
    const key = Buffer.from(noisePublicKey).toString('base64');
    return [subject.optInId, purpose, subject.identifierId, key, keyId].join(' ');
  }
}
