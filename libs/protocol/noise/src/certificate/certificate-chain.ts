import { timingSafeEqual } from 'node:crypto';
import { NoiseError } from '../noise-error.js';
import { verifyXeddsa } from './xeddsa.js';

/** A certificate with the fields decoded from `details`, the bytes that its signature covers. */
export interface Certificate {
  readonly details: Uint8Array;
  readonly signature: Uint8Array;
  readonly serial: number;
  readonly issuerSerial: number;
  readonly key: Uint8Array;
  /** Seconds since 1970, both inclusive. */
  readonly notBefore: bigint;
  readonly notAfter: bigint;
}

export interface CertificateChainCheck {
  readonly chain: { readonly leaf: Certificate; readonly intermediate: Certificate };
  /** The pinned root, 32 bytes (X25519). */
  readonly rootPublicKey: Uint8Array;
  /** Seconds since 1970. */
  readonly now: number;
  /** The server's static key as the handshake decrypted it. */
  readonly expectedStatic: Uint8Array;
}

const keyBytes = 32;
const signatureBytes = 64;
/** The root signs as issuer 0. */
const rootSerial = 0;

/**
 * Check the server's chain root → intermediate → leaf and that the leaf names the key that the handshake used.
 *
 * @throws NoiseError `certificate_…` for the first check that fails
 */
export function verifyCertificateChain({
  chain,
  rootPublicKey,
  now,
  expectedStatic,
}: CertificateChainCheck): void {
  const { leaf, intermediate } = chain;
  for (const certificate of [intermediate, leaf]) {
    if (certificate.key.length !== keyBytes || certificate.signature.length !== signatureBytes) {
      throw new NoiseError('certificate_malformed');
    }
  }
  if (intermediate.issuerSerial !== rootSerial || leaf.issuerSerial !== intermediate.serial) {
    throw new NoiseError('certificate_bad_issuer');
  }
  if (
    !verifyXeddsa(rootPublicKey, intermediate.details, intermediate.signature) ||
    !verifyXeddsa(intermediate.key, leaf.details, leaf.signature)
  ) {
    throw new NoiseError('certificate_bad_signature');
  }
  if (expectedStatic.length !== keyBytes || !timingSafeEqual(leaf.key, expectedStatic)) {
    throw new NoiseError('certificate_wrong_key');
  }
  const seconds = BigInt(Math.floor(now));
  for (const certificate of [intermediate, leaf]) {
    if (seconds < certificate.notBefore) throw new NoiseError('certificate_not_yet_valid');
    if (seconds > certificate.notAfter) throw new NoiseError('certificate_expired');
  }
}
