import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { der } from './der.js';

/** A certificate and its key, in PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface CertificateRequest {
  /** Common name. */
  readonly name: string;
  /** DNS names and IPv4 addresses; `localhost` and `127.0.0.1` by default. */
  readonly hosts?: readonly string[];
  /** Milliseconds from now; a day by default, negative for a certificate that has expired. */
  readonly lifetimeMs?: number;
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
}

const dayMs = 86_400_000;
const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));

/** A certificate authority of one test: what it issues, real TLS implementations accept or refuse as they should. */
export class TestAuthority {
  readonly #keys = newKeys();
  /** The authority's own certificate, in PEM. */
  readonly certificate: string;

  constructor(private readonly name = 'Test authority') {
    const extensions = [
      extension('2.5.29.19', der.sequence(der.boolean(true)), true),
      // keyCertSign and cRLSign (RFC 5280, 4.2.1.3).
      extension('2.5.29.15', der.bits(Buffer.from([0x06]), 1), true),
    ];
    this.certificate = this.#issue(name, this.#keys.publicKey, 10 * dayMs, extensions);
  }

  /** Issues a certificate for a server, a client, or both. */
  issue({
    name,
    hosts = ['localhost', '127.0.0.1'],
    lifetimeMs = dayMs,
  }: CertificateRequest): IssuedCertificate {
    const { publicKey, privateKey } = newKeys();
    const extensions = [
      extension('2.5.29.17', der.sequence(...hosts.map(generalName))),
      // serverAuth and clientAuth.
      extension('2.5.29.37', der.sequence(der.oid('1.3.6.1.5.5.7.3.1'), der.oid('1.3.6.1.5.5.7.3.2'))),
    ];
    return {
      certificate: this.#issue(name, publicKey, lifetimeMs, extensions),
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    };
  }

  #issue(subject: string, publicKey: KeyObject, lifetimeMs: number, extensions: readonly Buffer[]): string {
    const notAfter = new Date(Date.now() + lifetimeMs);
    const notBefore = new Date(Math.min(Date.now(), notAfter.getTime()) - dayMs);
    const contents = tbs({ subject, issuer: this.name, publicKey, notBefore, notAfter, extensions });
    const signature = sign('sha256', contents, this.#keys.privateKey);
    return pem(der.sequence(contents, ecdsaWithSha256, der.bits(signature)));
  }
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** The part of a certificate that is signed (RFC 5280, 4.1). */
function tbs({ subject, issuer, publicKey, notBefore, notAfter, extensions }: Contents): Buffer {
  const serial = randomBytes(8);
  // Positive, and without a leading zero.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  return der.sequence(
    der.context(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    ecdsaWithSha256,
    distinguishedName(issuer),
    der.sequence(der.time(notBefore), der.time(notAfter)),
    distinguishedName(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    der.context(3, der.sequence(...extensions)),
  );
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.text(commonName))));
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  const parts = [der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octets(value)];
  return der.sequence(...parts);
}

function generalName(host: string): Buffer {
  if (isIPv4(host)) return der.implicit(7, Buffer.from(host.split('.').map(Number)));
  return der.implicit(2, Buffer.from(host, 'latin1'));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
