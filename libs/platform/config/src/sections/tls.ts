import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { defineConfig } from '../section.js';
import { flag } from '../values.js';

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const beginning = /-----BEGIN /g;

/** @returns undefined when there is something else, or a block without its end: a file may be half written */
function certificatesIn(text: string): X509Certificate[] | undefined {
  const blocks = text.match(block) ?? [];
  if (text.match(beginning)?.length !== blocks.length) return undefined;
  try {
    return blocks.map((pem) => new X509Certificate(pem));
  } catch {
    return undefined;
  }
}

/** When the first of some certificates ends, in milliseconds of Unix time; undefined without any. */
export function firstExpiryMs(pem: string): number | undefined {
  const ends = (certificatesIn(pem) ?? []).map(({ validTo }) => Date.parse(validTo));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function keyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

/** One or more certificates in PEM. */
const certificates = z
  .string()
  .refine((text) => (certificatesIn(text) ?? []).length > 0, 'must hold certificates in PEM');

/** A private key in PEM, not encrypted. */
const privateKeyPem = z.string().refine((text) => keyIn(text) !== undefined, 'must be a private key in PEM');

/** A setting of certificates, which are public but long: they may come from a file. */
export function certificatesField(doc: string) {
  return { schema: certificates.optional(), doc, file: true, certificates: true } as const;
}

/** The setting of the key that belongs to a certificate. */
export function privateKeyField(doc: string) {
  return { schema: privateKeyPem.optional(), doc, secret: true } as const;
}

/**
 * Says what is wrong with a certificate and its key.
 * @param names of their settings
 */
export function pairProblem(
  names: readonly [string, string],
  certificate: string | undefined,
  key: string | undefined,
): string | undefined {
  if ((certificate === undefined) !== (key === undefined)) return `${names.join(' and ')} belong together`;
  if (certificate === undefined || key === undefined) return undefined;
  const [leaf] = certificatesIn(certificate) ?? [];
  const parsed = keyIn(key);
  // What does not parse is told of by the setting itself.
  if (leaf === undefined || parsed === undefined || leaf.checkPrivateKey(parsed)) return undefined;
  return `${names[1]} is not the key of the first certificate in ${names[0]}`;
}

/** TLS of this service's listener and of its calls to other services. Read again when a file changes. */
export const tlsSection = defineConfig(
  'TLS',
  {
    TLS_CERTIFICATE: certificatesField(
      'Certificate of this service with its chain, PEM: its listener speaks HTTPS, and it shows it to other services.',
    ),
    TLS_PRIVATE_KEY: privateKeyField('Key of the certificate, PEM.'),
    TLS_CA: certificatesField(
      'Authorities whose certificates other services show, PEM; those of the system by default.',
    ),
    MUTUAL_TLS: {
      schema: flag().default(false),
      doc: 'Whether internal routes want a client certificate of `CAUSEWAY_TLS_CA` beside the caller’s token, which is then bound to it.',
    },
    CLEAR_TEXT: {
      schema: flag().default(false),
      doc: 'Allows what is not encrypted by us beyond this machine, where a proxy or the network encrypts: the listener, and passwords on the way to an engine.',
    },
  },
  ({ TLS_CERTIFICATE, TLS_PRIVATE_KEY, TLS_CA, MUTUAL_TLS }) => {
    const names = ['CAUSEWAY_TLS_CERTIFICATE', 'CAUSEWAY_TLS_PRIVATE_KEY'] as const;
    const problem = pairProblem(names, TLS_CERTIFICATE, TLS_PRIVATE_KEY);
    if (problem !== undefined || !MUTUAL_TLS) return problem;
    if (TLS_CERTIFICATE === undefined) return `CAUSEWAY_MUTUAL_TLS=true needs ${names.join(' and ')}`;
    return TLS_CA === undefined
      ? 'CAUSEWAY_MUTUAL_TLS=true needs CAUSEWAY_TLS_CA: the authorities whose client certificates are believed'
      : undefined;
  },
);
