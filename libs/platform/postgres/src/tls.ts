import type { ConnectionOptions } from 'node:tls';
import { PostgresError } from './errors.js';

/**
 * What `sslmode` of a URL asks for, by the meaning that it has for PostgreSQL's own clients; the driver gives some of
 * the words another one. `prefer` and `allow` are refused: they fall back to clear text without a word.
 * @param ca authorities in PEM; those of the system by default
 * @returns the URL without the parameter, and the driver's option
 * @throws PostgresError `database_unavailable` for any other word
 */
export function tlsOf(url: string, ca?: string): { url: string; ssl: ConnectionOptions | undefined } {
  const parsed = URL.parse(url);
  const mode = parsed?.searchParams.get('sslmode') ?? undefined;
  if (parsed === null || mode === undefined) return { url, ssl: undefined };
  parsed.searchParams.delete('sslmode');
  return { url: parsed.href, ssl: optionsOf(mode, ca === undefined ? {} : { ca }) };
}

function optionsOf(mode: string, trust: { readonly ca?: string }): ConnectionOptions | undefined {
  const anyName = { ...trust, checkServerIdentity: () => undefined };
  switch (mode) {
    case 'disable':
      return undefined;
    case 'require':
      return trust.ca === undefined ? { rejectUnauthorized: false } : anyName;
    case 'verify-ca':
      return anyName;
    case 'verify-full':
      return trust;
    default:
      throw new PostgresError(
        'database_unavailable',
        'sslmode of the database must be disable, require, verify-ca or verify-full',
      );
  }
}
