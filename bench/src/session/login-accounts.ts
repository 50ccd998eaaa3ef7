import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Partner, Simulator } from '@causeway/gatekeeper-sim';
import { generateStaticKey } from '@causeway/noise';

/** An account at the simulated gatekeeper, with what its login takes. */
export interface Account {
  readonly number: string;
  readonly token: string;
  /** Of the Noise static key, hex. */
  readonly privateKey: string;
}

const issuer = 'https://provider.example';
const audience = 'gatekeeper';
const kid = 'bench';
/** Longer than any run. */
const tokenSeconds = 3_000;
const batch = 50;

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

/** Enlists so many accounts, a batch at a time. */
export async function enlistAll(
  simulator: Simulator,
  partner: BenchPartner,
  count: number,
): Promise<Account[]> {
  const device = signalDevice();
  const accounts: Account[] = [];
  while (accounts.length < count) {
    const first = accounts.length;
    const size = Math.min(batch, count - first);
    const made = Array.from({ length: size }, (_, index) =>
      enlist(simulator.endpoints.enlistment, partner.token(`user${first + index}@example.org`), device),
    );
    accounts.push(...(await Promise.all(made)));
  }
  return accounts;
}

async function enlist(
  url: string,
  token: string,
  device: Readonly<Record<string, string>>,
): Promise<Account> {
  const { key, privateKey } = generateStaticKey();
  const authkey = Buffer.from(key.publicKey()).toString('base64url');
  const reply = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ ...device, authkey, token }),
  });
  const answer = (await reply.json()) as { login?: string };
  const number = /-(\d+)@/.exec(answer.login ?? '')?.[1];
  if (number === undefined) throw new Error(`not enlisted: ${JSON.stringify(answer)}`);
  return { number, token, privateKey: Buffer.from(privateKey).toString('hex') };
}

/** The keys of one device, which all accounts share: nobody encrypts to them here. */
function signalDevice(): Readonly<Record<string, string>> {
  const identity = xeddsaKey();
  const prekey = Buffer.from(generateStaticKey().key.publicKey());
  const signature = identity.sign(Buffer.concat([Buffer.of(5), prekey]));
  return {
    e_keytype: Buffer.of(5).toString('base64url'),
    e_regid: Buffer.of(0, 0, 16, 1).toString('base64url'),
    e_ident: identity.publicKey.toString('base64url'),
    e_skey_id: Buffer.of(0, 0, 1).toString('base64url'),
    e_skey_val: prekey.toString('base64url'),
    e_skey_sig: signature.toString('base64url'),
  };
}

const prime = 2n ** 255n - 19n;

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base % prime];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}

/** A key that signs as Ed25519 and is shown in its Montgomery form, u = (1 + y) / (1 - y); XEdDSA has its sign in the signature. */
function xeddsaKey(): { readonly publicKey: Buffer; sign(message: Buffer): Buffer } {
  const pair = generateKeyPairSync('ed25519');
  const edwards = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const signBit = (edwards[31] ?? 0) & 0x80;
  edwards[31] = (edwards[31] ?? 0) & 0x7f;
  const y = BigInt(`0x${edwards.reverse().toString('hex')}`);
  const u = ((1n + y) * power(prime + 1n - y, prime - 2n)) % prime;
  return {
    publicKey: Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse(),
    sign(message) {
      const signature = sign(null, message, pair.privateKey);
      signature[63] = (signature[63] ?? 0) | signBit;
      return signature;
    },
  };
}
