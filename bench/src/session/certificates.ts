import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Certificate } from '@causeway/noise';

/** The prime of Curve25519. */
export const p = 2n ** 255n - 19n;

interface Signer {
  readonly key: KeyObject;
  readonly publicKey: Uint8Array;
  readonly signBit: number;
}

/** A root, and a chain under it for a server's static key, valid from 1,000 to 2,000 seconds. */
export function newChain(serverStatic: Uint8Array): {
  readonly root: Uint8Array;
  readonly chain: { readonly leaf: Certificate; readonly intermediate: Certificate };
} {
  const [root, authority] = [newSigner(), newSigner()];
  const intermediate = certificate(root, { serial: 7, issuerSerial: 0, key: authority.publicKey });
  const leaf = certificate(authority, { serial: 9, issuerSerial: 7, key: serverStatic });
  return { root: root.publicKey, chain: { leaf, intermediate } };
}

function certificate(
  signer: Signer,
  fields: Pick<Certificate, 'serial' | 'issuerSerial' | 'key'>,
): Certificate {
  const details = Buffer.concat([Buffer.from([fields.serial, fields.issuerSerial]), fields.key]);
  const signature = Uint8Array.from(sign(null, details, signer.key));
  signature[63] = (signature[63] as number) | signer.signBit;
  return { ...fields, details, signature, notBefore: 1_000n, notAfter: 2_000n };
}

/** A signer that was born as Ed25519: its X25519 form is u = (1 + y) / (1 - y). */
function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const edwards = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const signBit = (edwards[31] as number) & 0x80;
  edwards[31] = (edwards[31] as number) & 0x7f;
  const y = BigInt(`0x${edwards.reverse().toString('hex')}`);
  const u = ((1n + y) * inverse(1n - y)) % p;
  const montgomery = Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse();
  return { key: privateKey, publicKey: Uint8Array.from(montgomery), signBit };
}

/** 1 / value mod p. */
export function inverse(value: bigint): bigint {
  let [a, b, x, y] = [((value % p) + p) % p, p, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % p) + p) % p;
}
