import type { GatekeeperProfile } from '@causeway/profiles';
import { signerAt, type KeyRing, type RingKey, type TokenAlgorithm } from '../key-ring/key-ring.js';
import { FileSigner } from './file-signer.js';
import { RemoteSigner } from './remote-signer.js';
import type { RemoteSigning } from './remote-signing.js';
import { SignerError, type SigningKeys, type TokenSigner } from './token-signer.js';

/** The keys of a ring, each with its signer; which of them signs follows from the ring's plan. */
export class RingSigners implements SigningKeys {
  readonly #signers: ReadonlyMap<string, TokenSigner>;

  /**
   * @param remote of the keys whose private part is not in the ring
   * @throws {TypeError} when one of the keys cannot be used
   */
  constructor(
    private readonly ring: KeyRing,
    remote?: Pick<RemoteSigning, 'sign'>,
  ) {
    this.#signers = new Map(ring.keys.map((key) => [key.kid, signerOf(key, remote)]));
  }

  signerAt(algorithm: TokenAlgorithm, at: number): TokenSigner {
    const key = signerAt(this.ring, algorithm, at);
    const signer = key && this.#signers.get(key.kid);
    if (signer === undefined) throw new SignerError('signer_missing');
    return signer;
  }

  /** Whether any key is of the algorithm, also one that does not sign yet. */
  has(algorithm: TokenAlgorithm): boolean {
    return this.ring.keys.some((key) => key.algorithm === algorithm);
  }
}

/** A gatekeeper wants tokens of an algorithm that no key of the ring has. */
export class AlgorithmUnsupported extends Error {
  override readonly name = 'AlgorithmUnsupported';
  readonly code = 'token_algorithm_unsupported';
}

/** Told at start rather than at the first token. @throws {AlgorithmUnsupported} naming the profile */
export function checkAlgorithms(
  signers: RingSigners,
  profiles: Iterable<Pick<GatekeeperProfile, 'id' | 'token'>>,
): void {
  for (const { id, token } of profiles) {
    if (signers.has(token.algorithm)) continue;
    throw new AlgorithmUnsupported(
      `profile ${id} wants ${token.algorithm}, and no key of the ring makes it: causeway keys rotate --algorithm ${token.algorithm}`,
    );
  }
}

function signerOf(key: RingKey, remote: Pick<RemoteSigning, 'sign'> | undefined): TokenSigner {
  const { privateJwk } = key;
  if (privateJwk !== undefined) return new FileSigner({ ...key, privateJwk });
  if (remote === undefined) {
    throw new TypeError('a key of the ring is with a remote signer: CAUSEWAY_TOKEN_SIGNER_URL says where');
  }
  return new RemoteSigner(key, remote);
}
