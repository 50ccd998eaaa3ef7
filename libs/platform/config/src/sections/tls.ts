import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { defineConfig } from '../section.js';
import { flag } from '../values.js';

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesIn(text: string): X509Certificate[] | undefined {
  try {
    return (text.match(block) ?? []).map((pem) => new X509Certificate(pem));
  } catch {
    return undefined;
  }
}

function keyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

/** One or more certificates in PEM. */
export const certificates = z
  .string()
  .refine((text) => (certificatesIn(text) ?? []).length > 0, 'must hold certificates in PEM');

/** A private key in PEM, not encrypted. */
export const privateKeyPem = z
  .string()
  .refine((text) => keyIn(text) !== undefined, 'must be a private key in PEM');

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
    TLS_CERTIFICATE: {
      schema: certificates.optional(),
      doc: 'Certificate of this service with its chain, PEM: its listener speaks HTTPS, and it shows it to other services.',
      file: true,
    },
    TLS_PRIVATE_KEY: {
      schema: privateKeyPem.optional(),
      doc: 'Key of the certificate, PEM.',
      secret: true,
    },
    TLS_CA: {
      schema: certificates.optional(),
      doc: 'Authorities whose certificates other services show, PEM; those of the system by default.',
      file: true,
    },
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
