import { randomBytes, randomUUID } from 'node:crypto';
import { OptInId } from '@causeway/contracts/ids';
import { systemClock } from '@causeway/lifecycle';
import { keyWrapOf } from '@causeway/sealing/testing';
import { identifierContext } from '../identifiers/identifiers.store.js';
import type { KeyRing } from '../key-ring/key-ring.js';
import { RingSigners } from '../signing/ring-signers.js';
import { mintToken, type MintedToken } from '../tokens/mint.js';
import { TokenMint, type MintRequest } from '../tokens/token-mint.js';
import { createDataKey, UserSeal } from '../users/user-seal.js';

/** The minting of tokens for one user, as the service does it once it has read the user from the database. */
export interface Minting {
  readonly mint: TokenMint;
  readonly request: MintRequest;
  /** Makes the same token where the identifier is at hand already. */
  readonly mintOpened: () => Promise<MintedToken>;
}

/** @param ring whose key signs */
export async function createMinting(ring: KeyRing): Promise<Minting> {
  const keyWrap = keyWrapOf();
  const [userId, identifierId, identifier] = [randomUUID(), randomUUID(), 'alice@example.org'];
  const dataKey = await createDataKey(keyWrap, userId);
  using seal = await UserSeal.open(keyWrap, userId, dataKey);
  const users = {
    seal: (user: { readonly id: string; readonly dataKey: Uint8Array | null }) =>
      UserSeal.open(keyWrap, user.id, user.dataKey),
  };
  const subject = {
    optInId: OptInId.parse(randomUUID()),
    gatekeeper: 'simulator',
    state: 'enlisted',
    readReceipts: true,
    integrator: 7,
    mode: 'proxy',
    accountNumber: '4711',
    noisePublicKey: randomBytes(32),
    identifierId,
    identifierSealed: seal.seal(identifierContext(identifierId), identifier),
    user: { id: userId, state: 'active', dataKey },
  } as const;
  const profile = {
    issuer: 'https://provider.example',
    audience: 'gatekeeper',
    algorithm: 'RS256',
    lifetimeSeconds: 300,
    subjectClaim: 'sub',
    confirmation: 'jkt',
    maxBytes: 4_096,
  } as const;
  const signers = new RingSigners(ring);
  const { noisePublicKey } = subject;
  return {
    mint: new TokenMint(users, signers, systemClock),
    request: { subject, profile, purpose: 'login' },
    mintOpened: () => {
      const now = systemClock.now();
      const signer = signers.signerAt(profile.algorithm, now);
      return mintToken(signer, profile, { identifier, noisePublicKey, purpose: 'login' }, now);
    },
  };
}
