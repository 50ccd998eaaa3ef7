import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const AUDIENCE = 'causeway';
const KEY_ID = 'idp-1';
const LIFETIME_SECONDS = 600;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The provider's identity provider, reduced to its key set and its signature. */
export class TestIdentityProvider {
  readonly #pair = generateKeyPairSync('ed25519');
  readonly #server: Server = createServer((_request, response) => {
    const jwk = { ...this.#pair.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'EdDSA' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get settings(): Readonly<Record<string, string>> {
    return {
      CAUSEWAY_OIDC_ISSUER: this.#issuer,
      CAUSEWAY_OIDC_AUDIENCE: AUDIENCE,
      CAUSEWAY_OIDC_JWKS_URL: `${this.#issuer}/jwks`,
    };
  }

  /** @returns an access token; `claims` are added, or replace what it would say */
  token(subject: string, claims: object = {}): string {
    const iat = Math.floor(Date.now() / 1000);
    const all = {
      iss: this.#issuer,
      aud: AUDIENCE,
      sub: subject,
      iat,
      exp: iat + LIFETIME_SECONDS,
      ...claims,
    };
    const signed = `${encode({ alg: 'EdDSA', kid: KEY_ID, typ: 'at+jwt' })}.${encode(all)}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#pair.privateKey).toString('base64url')}`;
  }

  /** @returns under which hash the services know a subject */
  subjectHash(subject: string): Buffer {
    return createHash('sha256').update(`${this.#issuer}\n${subject}`).digest();
  }

  get #issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}
