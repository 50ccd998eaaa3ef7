import { setTimeout as delay } from 'node:timers/promises';
import {
  lockInTransaction,
  PostgresError,
  sql,
  type Postgres,
  type Sql,
  type SqlExecutor,
} from '@causeway/postgres';
import { owners, type Owner } from '../owners.js';
import { eventLog, grants, type Grant } from './grants.js';
import { scramVerifier } from './scram.js';

/** Tries of all rights, when databases of one server are migrated at once. */
const ATTEMPTS = 10;
const PAUSE_MS = 200;

export type RolePasswords = Readonly<Record<Owner, string>>;

/** A password that cannot be set as it is. */
export class RolesError extends Error {
  override readonly name = 'RolesError';
  readonly code = 'password_unusable';
}

/** The database role of a service. */
export function roleOf(owner: Owner): string {
  return `causeway_${owner}`;
}

async function createRole(tx: SqlExecutor, role: string): Promise<void> {
  const [found] = await tx.query(sql`select 1 from pg_roles where rolname = ${role}`);
  if (found === undefined) await tx.query(sql`create role ${sql.ident(role)}`);
}

function setPassword(role: string, password: string): Sql {
  // A verifier is base64 and punctuation: no quote can stand in it.
  const verifier = sql.raw(`'${scramVerifier(password)}'`);
  const attributes = sql`login nosuperuser nocreatedb nocreaterole noreplication nobypassrls`;
  return sql`alter role ${sql.ident(role)} with ${attributes} password ${verifier}`;
}

/** The schemas that rights are given on: those of the owners, and the event log's where it was made. */
async function schemasOf(tx: SqlExecutor): Promise<readonly string[]> {
  const [log] = await tx.query(sql`select 1 from pg_namespace where nspname = ${eventLog.schema}`);
  return log === undefined ? owners : [...owners, eventLog.schema];
}

/** Takes every right on every schema, so that one removed from the table is removed from the database. */
async function revokeAll(tx: SqlExecutor, role: string, schemas: readonly string[]): Promise<void> {
  const to = sql.ident(role);
  for (const name of schemas) {
    const schema = sql.ident(name);
    await tx.query(sql`revoke all on all tables in schema ${schema} from ${to}`);
    await tx.query(sql`revoke all on all sequences in schema ${schema} from ${to}`);
    await tx.query(sql`revoke all on schema ${schema} from ${to}`);
  }
}

async function give(tx: SqlExecutor, role: string, grant: Grant): Promise<void> {
  const to = sql.ident(role);
  const schema = sql.ident(grant.schema);
  const rights = sql.raw(grant.rights.join(', '));
  await tx.query(sql`grant usage on schema ${schema} to ${to}`);
  if (grant.relation === '*') {
    await tx.query(sql`grant ${rights} on all tables in schema ${schema} to ${to}`);
    await tx.query(sql`grant usage on all sequences in schema ${schema} to ${to}`);
    return;
  }
  const relation = sql.ident(grant.schema, grant.relation);
  await tx.query(sql`revoke all on ${relation} from ${to}`);
  await tx.query(sql`grant ${rights} on ${relation} to ${to}`);
}

/**
 * Makes the role of every service and brings its rights to what the grant table says, in one transaction: a running
 * service never sees a moment without its rights. Run it after every migration, the event log's too. `postgres` must be connected as a
 * role that may create roles. Throws RolesError for a password that is short or not printable ASCII.
 */
export async function applyRoles(
  postgres: Postgres,
  { passwords }: { readonly passwords: RolePasswords },
): Promise<void> {
  for (const owner of owners) {
    if (!/^[\x20-\x7e]{12,256}$/.test(passwords[owner])) {
      throw new RolesError(`the database password of ${owner} must be 12 to 256 printable ASCII characters`);
    }
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await postgres.transaction((tx) => applyAll(tx, passwords));
    } catch (error) {
      if (attempt === ATTEMPTS || !isRaceOfRoles(error)) throw error;
    }
    await delay(Math.random() * PAUSE_MS * attempt);
  }
}

async function applyAll(tx: SqlExecutor, passwords: RolePasswords): Promise<void> {
  await lockInTransaction(tx, 'causeway roles');
  const schemas = await schemasOf(tx);
  const shared = schemas.includes(eventLog.schema) ? [eventLog] : [];
  for (const owner of owners) {
    const role = roleOf(owner);
    await createRole(tx, role);
    await tx.query(setPassword(role, passwords[owner]));
    await revokeAll(tx, role, schemas);
    for (const grant of [...grants[owner], ...shared]) await give(tx, role, grant);
  }
}

/** Another database of the server is migrated at the same time: roles belong to the server, the lock to the database. */
function isRaceOfRoles(error: unknown): boolean {
  if (!(error instanceof PostgresError)) return false;
  // XX000 is "tuple concurrently updated", in the server's catalogue.
  return error.sqlState === 'XX000' || error.constraint === 'pg_authid_rolname_index';
}
