import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import type { Clock } from '../clock.js';

const issuer = 'WHATSAPP';
const lifetimeSeconds = 3600;
const kid = 'gatekeeper-push-1';

/** Signs push tokens by a key of this simulator's own. */
export interface PushSigner {
  readonly issuer: string;
  readonly jwks: { readonly keys: readonly JWK[] };
  /** A token for one origin, RS256, good for an hour. */
  sign(audience: string): Promise<string>;
}

export async function createPushSigner(clock: Clock): Promise<PushSigner> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  return {
    issuer,
    jwks: { keys: [jwk] },
    sign: (audience) => {
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey);
    },
  };
}
