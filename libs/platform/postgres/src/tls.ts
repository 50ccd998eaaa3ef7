import type { ConnectionOptions } from 'node:tls';
import { PostgresError } from './errors.js';

/** Whose certificates are believed, PEM; those of the system's authorities by default. */
export interface ServerTrust {
  readonly ca?: string | undefined;
}

/** Parameters by which the driver would replace what `sslmode` says, among them one that verifies nothing. */
const overriding = ['ssl', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'];

/**
 * What `sslmode` of a URL asks for, by the meaning that it has for PostgreSQL's own clients; the driver gives some of
 * the words another one. `prefer` and `allow` are refused: they fall back to clear text without a word.
 * @returns the URL without the parameter, and the driver's option, which reads `trust` for each connection
 * @throws PostgresError `database_unavailable` for any other word, and for the driver's own parameters of TLS
 */
export function tlsOf(
  url: string,
  trust: ServerTrust = {},
): { url: string; ssl: ConnectionOptions | undefined } {
  const parsed = URL.parse(url);
  const refused = overriding.find((name) => parsed?.searchParams.has(name));
  if (refused !== undefined) {
    throw new PostgresError(
      'database_unavailable',
      `the address of the database must not have the parameter ${refused}: use sslmode and CAUSEWAY_DATABASE_CA`,
    );
  }
  const mode = parsed?.searchParams.get('sslmode') ?? undefined;
  if (parsed === null || mode === undefined) return { url, ssl: undefined };
  parsed.searchParams.delete('sslmode');
  return { url: parsed.href, ssl: optionsOf(mode, trust) };
}

function optionsOf(mode: string, trust: ServerTrust): ConnectionOptions | undefined {
  // The driver copies the object when it connects, and with it what the getter says then.
  const present = {
    get ca() {
      return trust.ca;
    },
  };
  const anyName = () => undefined;
  switch (mode) {
    case 'disable':
      return undefined;
    case 'require':
      if (trust.ca === undefined) return { rejectUnauthorized: false };
      return Object.assign(present, { checkServerIdentity: anyName });
    case 'verify-ca':
      return Object.assign(present, { checkServerIdentity: anyName });
    case 'verify-full':
      return present;
    default:
      throw new PostgresError(
        'database_unavailable',
        'sslmode of the database must be disable, require, verify-ca or verify-full',
      );
  }
}
