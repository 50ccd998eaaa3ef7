import type { TokenAlgorithm } from '../key-ring/key-ring.js';

/** One key that signs user tokens; its private part is here, or with a remote signer. */
export interface TokenSigner {
  readonly algorithm: TokenAlgorithm;
  /** The `kid` under which its public part is published. */
  readonly keyId: string;
  /**
   * @param input the signing input of a JWS (RFC 7515, 5.1)
   * @returns the signature as a JWS has it (RFC 7518, 3.3 and 3.4: of ES256 r and s, 64 bytes; RFC 8037, 3.1)
   * @throws {SignerError}
   */
  sign(input: Uint8Array): Promise<Uint8Array>;
}

/** The keys of user tokens, asked at each token. */
export interface SigningKeys {
  /**
   * @param at milliseconds since 1970
   * @returns the one key that signs then
   * @throws {SignerError} `signer_missing`
   */
  signerAt(algorithm: TokenAlgorithm, at: number): TokenSigner;
}

const messages = {
  signer_missing: 'no key of the algorithm signs now',
  signer_unreachable: 'the remote signer did not answer',
  signer_paused: 'the remote signer has not answered for a while and is not asked',
  signer_refused: 'the remote signer refused to sign',
  signer_answer: 'the remote signer answered with something else than a signature by the key',
} as const;

/** A token cannot be signed now. Holds nothing of what was to be signed. */
export class SignerError extends Error {
  override readonly name = 'SignerError';

  constructor(
    readonly code: keyof typeof messages,
    options?: ErrorOptions,
  ) {
    super(messages[code], options);
  }
}
