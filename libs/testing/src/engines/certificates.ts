import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { isIPv4 } from 'node:net';
import { der } from './der.js';

/** A certificate with its private key (PKCS#8), PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** DNS names and IPv4 addresses; `localhost` and `127.0.0.1` by default. */
  readonly hosts?: readonly string[];
  /** Milliseconds from now; a day by default, negative for a certificate that has expired. */
  readonly lifetimeMs?: number;
}

/** An authority of a test's own: what it issues, real TLS implementations accept or refuse as they should. */
export interface TestAuthority {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** Its private key (PKCS#8), PEM, for `restoreTestAuthority` in another process. */
  readonly key: string;
  /** A certificate for a name, as server and as client. */
  issue(commonName: string, options?: CertificateOptions): IssuedCertificate;
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
const authorityExtensions = [
  extension('2.5.29.19', der.sequence(der.boolean(true)), true),
  // keyCertSign and cRLSign (RFC 5280, 4.2.1.3).
  extension('2.5.29.15', der.bits(Buffer.from([0x06]), 1), true),
];
const serverAndClient = extension(
  '2.5.29.37',
  der.sequence(der.oid('1.3.6.1.5.5.7.3.1'), der.oid('1.3.6.1.5.5.7.3.2')),
);

const defaultName = 'Causeway test authority';

/** Makes an authority; its key lives in memory. */
export function createTestAuthority(issuer = defaultName): TestAuthority {
  const { privateKey } = newKeys();
  return authorityOf(issuer, privateKey);
}

/** @param key of an authority of the default name. @returns one that issues what the same servers believe */
export function restoreTestAuthority(key: string): TestAuthority {
  return authorityOf(defaultName, createPrivateKey(key));
}

function authorityOf(issuer: string, privateKey: KeyObject): TestAuthority {
  const own = { privateKey, publicKey: createPublicKey(privateKey) };
  const make = (subject: string, publicKey: KeyObject, lifetimeMs: number, extensions: readonly Buffer[]) => {
    const notAfter = new Date(Date.now() + lifetimeMs);
    const notBefore = new Date(Math.min(Date.now(), notAfter.getTime()) - dayMs);
    const contents = tbs({ subject, issuer, publicKey, notBefore, notAfter, extensions });
    return pem(der.sequence(contents, ecdsaWithSha256, der.bits(sign('sha256', contents, own.privateKey))));
  };
  return {
    ca: make(issuer, own.publicKey, 10 * dayMs, authorityExtensions),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    issue(commonName, { hosts = ['localhost', '127.0.0.1'], lifetimeMs = dayMs } = {}) {
      const { publicKey, privateKey } = newKeys();
      const names = extension('2.5.29.17', der.sequence(...hosts.map(generalName)));
      return {
        certificate: make(commonName, publicKey, lifetimeMs, [names, serverAndClient]),
        key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      };
    },
  };
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
