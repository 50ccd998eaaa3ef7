import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';

/** Scopes that begin so are rights of the provider's backend; a user's token never has one. */
const PREFIX = 'causeway:';

/** The provider's backend, as its access token or its client certificate shows it. */
export interface Backend {
  /** Which of its clients: the start of a hash, for the audit log. */
  readonly client: string;
  /** What it may do; a certificate that is believed may do everything. */
  readonly rights: ReadonlySet<string> | 'all';
}

/** The name of a client in the audit log, from its id or its certificate. */
export function clientName(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 16);
}

/**
 * The rights that an access token gives.
 * @param claim that holds them: a text with blanks between scopes (RFC 9068, 2.2.3), or a list
 */
export function rightsIn(payload: JWTPayload, claim: string): ReadonlySet<string> {
  const value = payload[claim];
  const scopes: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return new Set(
    scopes.filter((scope) => typeof scope === 'string').filter((scope) => scope.startsWith(PREFIX)),
  );
}
