import { createPublicKey, verify } from 'node:crypto';

const p = 2n ** 255n - 19n;
const signatureBytes = 64;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % p;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
}

/** Edwards y of a Montgomery u: (u - 1) / (u + 1); undefined for bytes that are no canonical u or have no y. */
function edwardsY(montgomery: Uint8Array): bigint | undefined {
  const u = BigInt(`0x${Buffer.from(montgomery).reverse().toString('hex')}`);
  if (u >= p || u === p - 1n) return undefined;
  return ((u - 1n + p) * power(u + 1n, p - 2n)) % p;
}

/**
 * Verify an XEdDSA signature made with an X25519 key: the key is converted to Ed25519, whose sign bit the signer put
 * into the top bit of the signature (0 in plain XEdDSA).
 */
export function verifyXeddsa(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== signatureBytes) return false;
  const y = edwardsY(publicKey);
  if (y === undefined) return false;
  const last = signatureBytes - 1;
  const sign = (signature[last] ?? 0) & 0x80;
  const plain = Uint8Array.from(signature);
  plain[last] = (plain[last] ?? 0) & 0x7f;
  const encoded = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
  encoded[31] = (encoded[31] ?? 0) | sign;
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: encoded.toString('base64url') };
    return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), plain);
  } catch {
    return false;
  }
}
