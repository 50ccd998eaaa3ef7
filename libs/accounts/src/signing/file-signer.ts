import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { RingKey, TokenAlgorithm } from '../key-ring/key-ring.js';
import { algorithmOf } from '../key-ring/new-key.js';
import { publicKeyOf, signatureOf, type SignatureForm } from './signature.js';
import type { TokenSigner } from './token-signer.js';

const signAsync = promisify<SignatureForm['digest'], Uint8Array, SignatureForm['key'], Buffer>(sign);

/** Signs with a key of the ring's file. */
export class FileSigner implements TokenSigner {
  readonly algorithm: TokenAlgorithm;
  readonly keyId: string;
  readonly #how: SignatureForm;

  /** @throws {TypeError} when the key is not a private key of its algorithm, or its two parts do not fit; quotes nothing */
  constructor(key: RingKey & { readonly privateJwk: object }) {
    this.algorithm = key.algorithm;
    this.keyId = key.kid;
    this.#how = signatureOf(key.algorithm, readKey(key));
  }

  sign(input: Uint8Array): Promise<Uint8Array> {
    return signAsync(this.#how.digest, input, this.#how.key);
  }
}

function readKey(key: RingKey & { readonly privateJwk: object }): KeyObject {
  let own: KeyObject;
  try {
    own = createPrivateKey({ key: { ...key.privateJwk }, format: 'jwk' });
  } catch {
    // The parser's own message may quote a part of the key.
    throw new TypeError('a key of the ring has no usable private part');
  }
  if (algorithmOf(own) !== key.algorithm)
    throw new TypeError('a key of the ring is not one of its algorithm');
  // With another public part nobody could verify what it signs.
  if (!createPublicKey(own).equals(publicKeyOf(key))) {
    throw new TypeError('the two parts of a key of the ring do not fit');
  }
  return own;
}
