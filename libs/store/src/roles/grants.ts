import { owners, type Owner } from '../owners.js';

type Right = 'select' | 'insert' | 'update' | 'delete' | 'truncate';

/** Rights of one role on one relation, or on every table of a schema. */
export interface Grant {
  readonly schema: string;
  readonly relation: '*' | string;
  readonly rights: readonly Right[];
}

const readWrite: readonly Right[] = ['select', 'insert', 'update', 'delete'];

/** The view through which every service sees users and opt-ins, and which accounts alone fills. */
const directory: Grant = { schema: 'accounts', relation: 'directory', rights: ['select'] };

/** Who holds devices' sockets or their connections to gatekeepers must hear of rights that were taken. */
const revoked: Grant = { schema: 'accounts', relation: 'revoked', rights: ['select'] };

/** Which sessions still need a Noise key: whoever keeps them destroys the others. */
const liveSessions: Grant = { schema: 'accounts', relation: 'live_sessions', rights: ['select'] };

/** Narrower than the owner's rights on its other tables: the proof of a consent is added or erased, never edited. */
const consentLog: Grant = {
  schema: 'accounts',
  relation: 'consent_log',
  rights: ['select', 'insert', 'delete'],
};

/** What a life may do is not for the service to change. */
const optInTransitions: Grant = { schema: 'accounts', relation: 'opt_in_transitions', rights: ['select'] };

/** What was done to an account is not for anybody to rewrite. */
const auditLog: Grant = { schema: 'accounts', relation: 'audit_log', rights: ['select', 'insert', 'delete'] };

/** The partitions of the mailbox are emptied whole when all that is in them has expired. */
const mailboxPartitions: readonly Grant[] = Array.from({ length: 8 }, (_, bucket) => ({
  schema: 'fanout',
  relation: `mailbox_${bucket}`,
  rights: [...readWrite, 'truncate'],
}));

/**
 * The one table of database rights: a role may use its own schema's tables and the directory, nothing else. A later
 * entry for a relation replaces an earlier one.
 */
export const grants: Readonly<Record<Owner, readonly Grant[]>> = Object.fromEntries(
  owners.map((owner) => [
    owner,
    [
      { schema: owner, relation: '*', rights: readWrite },
      directory,
      ...(owner === 'accounts' ? [consentLog, auditLog, optInTransitions] : []),
      ...(owner === 'fanout' ? mailboxPartitions : []),
      ...(owner === 'fanout' || owner === 'session' ? [revoked] : []),
      ...(owner === 'session' ? [liveSessions] : []),
    ],
  ]),
) as unknown as Record<Owner, readonly Grant[]>;

/**
 * The log that is the event bus where there is no broker. Every service publishes and consumes in it, so all roles
 * share it: services are kept apart there by what they subscribe to, not by the database.
 */
export const eventLog: Grant = { schema: 'eventlog', relation: '*', rights: readWrite };
