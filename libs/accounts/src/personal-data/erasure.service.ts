import { randomBytes } from 'node:crypto';
import { accountsErrors } from '@causeway/contracts/accounts';
import { DeviceId, UserId } from '@causeway/contracts/ids';
import { failpoint } from '@causeway/failpoints';
import { eraseTables, type Subject } from '@causeway/personal-data';
import { sql, type Postgres, type SqlExecutor } from '@causeway/postgres';
import type { Logger } from '@causeway/telemetry';
import { recordAudit, type AuditEntry } from '../audit/audit-log.store.js';
import { listDevices } from '../devices/devices.store.js';
import type { OptIns } from '../opt-ins/opt-ins.service.js';
import { findLiveOfUser } from '../opt-ins/opt-ins.store.js';
import { announce } from '../outbox.js';
import { refusal } from '../refusal.js';
import type { Users } from '../users/users.store.js';
import { accountsPersonalData } from './accounts-tables.js';
import {
  completeErasure,
  findErasure,
  insertErasure,
  postponeErasure,
  recordErased,
  type ErasureRecord,
} from './erasures.store.js';
import { storeNames, type StoreName, type Stores } from './stores.js';
import { subjectsOf } from './subject.js';

export interface ErasureParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly stores: Stores;
  readonly optIns: Pick<OptIns, 'withdrawAllOfUser' | 'tellRevoked'>;
  readonly logger: Logger;
}

/** The session's key is what the gatekeeper is asked to delete with: it goes last of the other stores. */
const erasedAtOnce = storeNames.filter((store) => store !== 'session');

/**
 * Erases users. The request freezes the user and asks the gatekeepers to delete her accounts; a job then erases every
 * store, and again when the last gatekeeper is done, before it destroys the data key and empties the user's own rows.
 * Every part may be repeated, so that it goes on after a crash wherever that was.
 */
export class Erasures {
  constructor(private readonly parts: ErasureParts) {}

  /**
   * Asks for the erasure of a user; asking again changes nothing.
   * @throws {AppError} `user_unknown`
   */
  async request(
    userId: string,
    by: Pick<AuditEntry, 'client'> & { readonly actor: ErasureRecord['requestedBy'] },
  ): Promise<ErasureRecord> {
    const { users, optIns, postgres } = this.parts;
    await users.change(userId, async (tx, user) => {
      if (user.state === 'erased' || (await findErasure(tx, userId)) !== undefined) return;
      await insertErasure(tx, userId, by.actor);
      // Whoever is suspended can still leave, and do nothing else.
      await tx.query(sql`update accounts.users set state = 'suspended' where id = ${userId}::uuid`);
      await optIns.withdrawAllOfUser(tx, userId);
      await recordAudit(tx, { userId, ...by, action: 'erasure.requested' });
    });
    await optIns.tellRevoked();
    const erasure = await findErasure(postgres, userId);
    if (erasure === undefined) throw refusal(accountsErrors.user_unknown);
    return erasure;
  }

  /** @throws {AppError} `erasure_unknown` */
  async find(userId: string): Promise<ErasureRecord & { readonly gatekeepers: readonly string[] }> {
    const { postgres } = this.parts;
    const erasure = await findErasure(postgres, userId);
    if (erasure === undefined) throw refusal(accountsErrors.erasure_unknown);
    const live = await findLiveOfUser(postgres, userId);
    return { ...erasure, gatekeepers: live.map(({ gatekeeper }) => gatekeeper) };
  }

  /** Goes on with an erasure that was claimed. @returns whether it is completed */
  async advance(userId: string): Promise<boolean> {
    const { postgres } = this.parts;
    const erasure = await findErasure(postgres, userId);
    if (erasure === undefined || erasure.completedAt !== undefined) return true;
    const subjects = await subjectsOf(postgres, userId);
    const done = new Set(erasure.stores.map(({ store }) => store));
    const leaving = (await findLiveOfUser(postgres, userId)).length > 0;
    // Until then a session may still write; so every store is asked once more at the end.
    const due = leaving ? erasedAtOnce.filter((store) => !done.has(store)) : storeNames;
    const erased = await Promise.all(due.map((store) => this.#erase(store, userId, subjects)));
    if (leaving || erased.includes(false)) {
      await postponeErasure(postgres, userId);
      return false;
    }
    failpoint('accounts.erasure.stores-erased');
    await this.#eraseOwn(userId, subjects);
    return true;
  }

  async #erase(store: StoreName, userId: string, subjects: readonly Subject[]): Promise<boolean> {
    const { stores, postgres, logger } = this.parts;
    try {
      if (!(await stores.erase(store, subjects))) return false;
      await recordErased(postgres, userId, store);
      return true;
    } catch (err) {
      logger.warn({ err, store }, 'a store did not confirm an erasure; it is asked again');
      return false;
    }
  }

  /** The end: of the user stays a row without a key, which opens nothing and is found by nobody. */
  async #eraseOwn(userId: string, subjects: readonly Subject[]): Promise<void> {
    await this.parts.users.change(userId, async (tx) => {
      // Somebody may have opted in between our look and the lock; nobody can, but the gatekeeper's account is at stake.
      if ((await findLiveOfUser(tx, userId)).length > 0) return;
      await this.#announce(tx, userId);
      for (const subject of subjects) await eraseTables(tx, accountsPersonalData, subject);
      await tx.query(sql`
        update accounts.users set state = 'erased', data_key_sealed = null, subject_hash = ${randomBytes(32)}
        where id = ${userId}::uuid`);
      await recordErased(tx, userId, 'accounts');
      await completeErasure(tx, userId);
      await recordAudit(tx, { userId, actor: 'system', action: 'erasure.completed' });
    });
  }

  async #announce(tx: SqlExecutor, id: string): Promise<void> {
    const userId = UserId.parse(id);
    for (const device of await listDevices(tx, userId)) {
      await announce(tx, { type: 'device.removed', userId, deviceId: DeviceId.parse(device.deviceId) });
    }
    await announce(tx, { type: 'user.erased', userId });
  }
}
