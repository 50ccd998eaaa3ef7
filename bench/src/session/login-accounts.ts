import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Partner } from '@causeway/gatekeeper-sim';
import { generateStaticKey } from '@causeway/noise';

/** An account at the simulated gatekeeper, with what its login takes. */
export interface Account {
  readonly number: string;
  readonly identifier: string;
  readonly token: string;
  /** The Noise static key, hex. */
  readonly privateKey: string;
  readonly publicKey: string;
}

const issuer = 'https://provider.example';
const audience = 'gatekeeper';
const kid = 'bench';
/** Longer than any run. */
const tokenSeconds = 3_000;

/** The provider, as far as a gatekeeper asks for it: its token keys. */
export class BenchPartner {
  private constructor(
    private readonly server: Server,
    private readonly key: KeyObject,
  ) {}

  static async start(): Promise<BenchPartner> {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
    const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new BenchPartner(server, privateKey);
  }

  get settings(): Partner {
    const base = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return { jwksUrl: `${base}/jwks`, issuer, audience, pushBase: base, mediaBase: base };
  }

  token(identifier: string): string {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { sub: identifier, iss: issuer, aud: audience, iat, exp: iat + tokenSeconds };
    const encoded = [{ alg: 'RS256', kid }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${encoded}.${sign('sha256', Buffer.from(encoded), this.key).toString('base64url')}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** So many accounts, as a gatekeeper knows them after they were enlisted in this order. */
export function makeAccounts(partner: BenchPartner, count: number): Account[] {
  return Array.from({ length: count }, (_, index) => {
    const identifier = `user${index}@example.org`;
    const { key, privateKey } = generateStaticKey();
    return {
      number: String(index + 1),
      identifier,
      token: partner.token(identifier),
      privateKey: Buffer.from(privateKey).toString('hex'),
      publicKey: Buffer.from(key.publicKey()).toString('hex'),
    };
  });
}
