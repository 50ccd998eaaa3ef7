import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { encodeCertChain, encodeCertificateDetails } from '@causeway/content';

const p = 2n ** 255n - 19n;

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [((value % p) + p) % p, p, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % p) + p) % p;
}

interface Signer {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** An XEdDSA signer, born as Ed25519 and shown by its X25519 form. */
function newSigner(): Signer {
  const pair: { privateKey: KeyObject; publicKey: KeyObject } = generateKeyPairSync('ed25519');
  const edwards = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const signBit = (edwards[31] ?? 0) & 0x80;
  edwards[31] = (edwards[31] ?? 0) & 0x7f;
  const y = BigInt(`0x${edwards.reverse().toString('hex')}`);
  const u = ((1n + y) * inverse(1n - y)) % p;
  return {
    publicKey: Uint8Array.from(Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse()),
    sign(message) {
      const signature = Uint8Array.from(sign(null, message, pair.privateKey));
      signature[63] = (signature[63] ?? 0) | signBit;
      return signature;
    },
  };
}

/** A root, and the chain that it gives to a server's static key. */
export class TestAuthority {
  private readonly root = newSigner();
  private readonly intermediate = newSigner();

  get rootPublicKey(): Uint8Array {
    return this.root.publicKey;
  }

  chainFor(staticKey: Uint8Array, notAfter = 4_000_000_000n): Uint8Array {
    const validity = { notBefore: 0n, notAfter };
    const intermediate = encodeCertificateDetails({
      serial: 1,
      issuerSerial: 0,
      key: this.intermediate.publicKey,
      ...validity,
    });
    const leaf = encodeCertificateDetails({
      serial: 2,
      issuerSerial: 1,
      key: Uint8Array.from(staticKey),
      ...validity,
    });
    return encodeCertChain({
      intermediate: { details: Uint8Array.from(intermediate), signature: this.root.sign(intermediate) },
      leaf: { details: Uint8Array.from(leaf), signature: this.intermediate.sign(leaf) },
    });
  }
}
