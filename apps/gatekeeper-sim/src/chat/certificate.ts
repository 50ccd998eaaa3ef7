import { x25519 } from '@noble/curves/ed25519.js';
import { PrivateKey } from '@signalapp/libsignal-client-v3';
import { certChain, certDetails } from './proto.js';

/** The server's keys: what signs the chain, and the static key that the chain vouches for. */
export interface ServerIdentity {
  /** What clients pin, 32 bytes. */
  readonly rootPublicKey: Uint8Array;
  /** The Noise static private key, 32 bytes. */
  readonly staticSecret: Uint8Array;
  /** The encoded certificate chain, valid around the given moment; or one that no client may believe. */
  chain(nowMs: number, kind?: CertificateKind): Uint8Array;
}

/** A good chain; one that was good a year ago; one of another root; one for another static key. */
export const certificateKinds = ['valid', 'expired', 'foreign-root', 'other-key'] as const;
export type CertificateKind = (typeof certificateKinds)[number];

const daySeconds = 86_400;

/** A new identity under a new root key, or under `rootSecret` (32 bytes) so that clients can pin it beforehand. */
export function createServerIdentity(rootSecret?: Uint8Array): ServerIdentity {
  const rootKey = rootSecret
    ? PrivateKey.deserialize(Buffer.from(clamped(rootSecret)))
    : PrivateKey.generate();
  const intermediateKey = PrivateKey.generate();
  const staticSecret = x25519.utils.randomSecretKey();

  const signed = (
    signer: PrivateKey,
    serial: number,
    issuerSerial: number,
    key: Uint8Array,
    nowMs: number,
  ) => {
    const now = Math.floor(nowMs / 1000);
    const validity = { notBefore: now - daySeconds, notAfter: now + 30 * daySeconds };
    const details = certDetails.encode({ serial, issuerSerial, key, ...validity });
    return { details, signature: signer.sign(Buffer.from(details)) };
  };
  return {
    rootPublicKey: rawPublicKey(rootKey),
    staticSecret,
    chain(nowMs, kind = 'valid') {
      const atMs = kind === 'expired' ? nowMs - 365 * daySeconds * 1000 : nowMs;
      const root = kind === 'foreign-root' ? PrivateKey.generate() : rootKey;
      const secret = kind === 'other-key' ? x25519.utils.randomSecretKey() : staticSecret;
      return certChain.encode({
        intermediate: signed(root, 1, 0, rawPublicKey(intermediateKey), atMs),
        leaf: signed(intermediateKey, 2, 1, x25519.getPublicKey(secret), atMs),
      });
    },
  };
}

/** The 32 bytes behind the type byte 05. */
function rawPublicKey(key: PrivateKey): Uint8Array {
  return Uint8Array.from(key.getPublicKey().serialize().subarray(1));
}

function clamped(secret: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(secret);
  copy[0] = (copy[0] as number) & 248;
  copy[31] = ((copy[31] as number) & 127) | 64;
  return copy;
}
