import type { ConnectionMode, OptInState } from '@causeway/contracts/accounts';
import { OptInId } from '@causeway/contracts/ids';
import { sql, type Sql, type SqlExecutor } from '@causeway/postgres';
import { identifierContext } from '../identifiers/identifiers.store.js';
import type { Users } from '../users/users.store.js';

/** A live opt-in to a gatekeeper that is not stopped, with what a token for it is made of. */
export interface TokenSubjectRecord {
  readonly optInId: OptInId;
  readonly gatekeeper: string;
  readonly state: OptInState;
  readonly readReceipts: boolean;
  readonly integrator: number;
  /** Who speaks the gatekeeper's protocol. */
  readonly mode: ConnectionMode;
  /** The gatekeeper's number for the user, decimal digits; absent before she is enlisted. */
  readonly accountNumber: string | undefined;
  readonly noisePublicKey: Uint8Array;
  readonly identifierId: string;
  readonly identifierSealed: Uint8Array;
  readonly user: { readonly id: string; readonly state: string; readonly dataKey: Uint8Array | null };
}

interface Row {
  readonly id: string;
  readonly gatekeeper: string;
  readonly state: OptInState;
  readonly read_receipts: boolean;
  readonly integrator: number;
  readonly mode: ConnectionMode;
  readonly account_number: string | null;
  readonly noise_public_key: Uint8Array;
  readonly identifier_id: string;
  readonly value_sealed: Uint8Array;
  readonly user_id: string;
  readonly user_state: string;
  readonly data_key_sealed: Uint8Array | null;
}

const subjects = sql.raw(`
  select o.id, o.gatekeeper, o.state, o.read_receipts, e.integrator, e.mode, e.account_number, e.noise_public_key,
    i.id as identifier_id, i.value_sealed, u.id as user_id, u.state as user_state, u.data_key_sealed
  from accounts.opt_ins o
  join accounts.devices d on d.id = o.device_id and (d.removed_at is null or o.state = 'deleting')
  join accounts.users u on u.id = o.user_id
  join accounts.identifiers i on i.id = o.identifier_id and i.removed_at is null
  join accounts.enlistments e on e.opt_in_id = o.id
  where o.state not in ('deleted', 'lapsed')
    and not exists (select 1 from accounts.gatekeeper_stops s where s.gatekeeper = o.gatekeeper)`);

/** @returns the live opt-in of a device. */
export function findSubjectOfSession(
  executor: SqlExecutor,
  deviceId: string,
  gatekeeper: string,
): Promise<TokenSubjectRecord | undefined> {
  return first(
    executor,
    sql`${subjects} and o.device_id = ${deviceId}::uuid and o.gatekeeper = ${gatekeeper}`,
  );
}

/** @returns the live opt-in of that id. */
export function findSubject(executor: SqlExecutor, optInId: string): Promise<TokenSubjectRecord | undefined> {
  return first(executor, sql`${subjects} and o.id = ${optInId}::uuid`);
}

/** @returns the identifier in clear. @throws {SealingError} */
export async function openIdentifier(
  users: Pick<Users, 'seal'>,
  subject: TokenSubjectRecord,
): Promise<string> {
  using seal = await users.seal(subject.user);
  return seal.open(identifierContext(subject.identifierId), subject.identifierSealed);
}

async function first(executor: SqlExecutor, statement: Sql): Promise<TokenSubjectRecord | undefined> {
  const [row] = await executor.query<Row>(statement);
  if (row === undefined) return undefined;
  return {
    optInId: OptInId.parse(row.id),
    gatekeeper: row.gatekeeper,
    state: row.state,
    readReceipts: row.read_receipts,
    integrator: row.integrator,
    mode: row.mode,
    accountNumber: row.account_number ?? undefined,
    noisePublicKey: row.noise_public_key,
    identifierId: row.identifier_id,
    identifierSealed: row.value_sealed,
    user: { id: row.user_id, state: row.user_state, dataKey: row.data_key_sealed },
  };
}
