import { verify, type KeyObject } from 'node:crypto';
import type { RingKey, TokenAlgorithm } from '../key-ring/key-ring.js';
import { algorithmOf } from '../key-ring/new-key.js';
import type { RemoteSigning } from './remote-signing.js';
import { publicKeyOf, signatureOf } from './signature.js';
import { SignerError, type TokenSigner } from './token-signer.js';

/** Signs with a key that a remote signer has; what it answers is verified, so that no bad token leaves. */
export class RemoteSigner implements TokenSigner {
  readonly algorithm: TokenAlgorithm;
  readonly keyId: string;
  readonly #publicKey: KeyObject;

  /** @throws {TypeError} when the public part is not one of its algorithm */
  constructor(
    key: RingKey,
    private readonly remote: Pick<RemoteSigning, 'sign'>,
  ) {
    this.algorithm = key.algorithm;
    this.keyId = key.kid;
    this.#publicKey = publicKeyOf(key);
    if (algorithmOf(this.#publicKey) !== key.algorithm) {
      throw new TypeError('a key of the ring is not one of its algorithm');
    }
  }

  async sign(input: Uint8Array): Promise<Uint8Array> {
    const signature = await this.remote.sign(this, input);
    const { digest, key } = signatureOf(this.algorithm, this.#publicKey);
    if (!verify(digest, input, key, signature)) throw new SignerError('signer_answer');
    return signature;
  }
}
