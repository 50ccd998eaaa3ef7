import { createPublicKey, type KeyObject, verify } from 'node:crypto';

const p = 2n ** 255n - 19n;
const keyBytes = 32;
const signatureBytes = 64;
/** A pinned root and its few intermediates, with either sign bit. */
const maxConverted = 16;

const converted = new Map<string, KeyObject>();

/** 1 / value mod p by the extended Euclidean algorithm; what it takes to compute says nothing but a public key. */
function inverse(value: bigint): bigint {
  let [a, b, x, y] = [value, p, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + p : x;
}

/** Edwards y of a Montgomery u: (u - 1) / (u + 1); undefined for bytes that are no canonical u or have no y. */
function edwardsY(montgomery: Uint8Array): bigint | undefined {
  const u = BigInt(`0x${Buffer.from(montgomery).reverse().toString('hex')}`);
  if (u >= p || u === p - 1n) return undefined;
  return ((u - 1n + p) * inverse(u + 1n)) % p;
}

/** The Ed25519 form of an X25519 key, with this sign bit (0 or 0x80). Every login has the same few: they are kept. */
function ed25519Key(publicKey: Uint8Array, sign: number): KeyObject | undefined {
  const name = `${Buffer.from(publicKey).toString('base64')} ${String(sign)}`;
  const known = converted.get(name);
  if (known !== undefined) return known;
  const y = edwardsY(publicKey);
  if (y === undefined) return undefined;
  const encoded = Buffer.from(y.toString(16).padStart(2 * keyBytes, '0'), 'hex').reverse();
  encoded[keyBytes - 1] = (encoded[keyBytes - 1] as number) | sign;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: encoded.toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const [oldest] = converted.keys();
  if (converted.size >= maxConverted && oldest !== undefined) converted.delete(oldest);
  converted.set(name, key);
  return key;
}

/**
 * Verify an XEdDSA signature made with an X25519 key: the key is converted to Ed25519, whose sign bit the signer put
 * into the top bit of the signature (0 in plain XEdDSA).
 */
export function verifyXeddsa(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false;
  const last = signatureBytes - 1;
  const sign = (signature[last] as number) & 0x80;
  const plain = Uint8Array.from(signature);
  plain[last] = (plain[last] as number) & 0x7f;
  try {
    const key = ed25519Key(publicKey, sign);
    return key !== undefined && verify(null, message, key, plain);
  } catch {
    return false;
  }
}
