import { accountsErrors } from '@causeway/contracts/accounts';
import { httpError } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { exportPage, type ExportedRecord, type Subject } from '@causeway/personal-data';
import type { Postgres } from '@causeway/postgres';
import { recordAudit, type AuditEntry } from '../audit/audit-log.store.js';
import { refusal } from '../refusal.js';
import type { UserRecord, Users } from '../users/users.store.js';
import { accountsPersonalData } from './accounts-tables.js';
import { openedRecords } from './opened-records.js';
import { storeNames, type Stores } from './stores.js';
import { subjectsOf } from './subject.js';

export interface ExportParts {
  readonly postgres: Postgres;
  readonly users: Users;
  readonly stores: Stores;
  readonly clock: Clock;
}

/** Shows all that is kept about a user, from every service, as a JSON document that is written while it is read. */
export class Exports {
  #running = 0;

  constructor(private readonly parts: ExportParts) {}

  /**
   * The document in pieces; it is whole only when the last one has come. Its end lists each store with the number of its
   * records and the time. The audit log says who asked, and whether it was completed.
   * @throws {AppError} `user_unknown`; `unavailable` when too many exports run
   */
  async begin(userId: string, by: Pick<AuditEntry, 'actor' | 'client'>): Promise<AsyncGenerator<string>> {
    const { postgres, users } = this.parts;
    const user = await users.get(userId);
    if (user === undefined || user.state === 'erased') throw refusal(accountsErrors.user_unknown);
    if (this.#running >= limits.exportsInFlight.value)
      throw httpError('unavailable', { retryAfterMs: 10_000 });
    this.#running += 1;
    await recordAudit(postgres, { userId, ...by, action: 'export.begun' }).catch((error: unknown) => {
      this.#running -= 1;
      throw error;
    });
    return this.#document(user, by);
  }

  async *#document(user: UserRecord, by: Pick<AuditEntry, 'actor' | 'client'>): AsyncGenerator<string> {
    const { postgres, clock } = this.parts;
    const deadline = clock.now() + limits.exportMs.value;
    let outcome = 'export.broken';
    try {
      const subjects = await subjectsOf(postgres, user.id);
      yield `{"userId":${JSON.stringify(user.id)},"records":[`;
      const stores: { store: string; records: number; exportedAt: number }[] = [];
      let separator = '';
      for (const [store, records] of this.#sources(user, subjects)) {
        let count = 0;
        for await (const record of records) {
          if (clock.now() > deadline) throw httpError('unavailable');
          yield `${separator}\n${JSON.stringify(record)}`;
          separator = ',';
          count += 1;
        }
        stores.push({ store, records: count, exportedAt: clock.now() });
      }
      yield `\n],"stores":${JSON.stringify(stores)}}\n`;
      outcome = 'export.completed';
    } finally {
      this.#running -= 1;
      await recordAudit(postgres, { userId: user.id, ...by, action: outcome });
    }
  }

  *#sources(
    user: UserRecord,
    subjects: readonly Subject[],
  ): Generator<readonly [string, AsyncIterable<ExportedRecord>]> {
    yield ['accounts', this.#own(user, subjects)];
    for (const store of storeNames) yield [store, this.parts.stores.export(store, subjects)];
  }

  async *#own(user: UserRecord, subjects: readonly Subject[]): AsyncGenerator<ExportedRecord> {
    const { postgres, users } = this.parts;
    const [subject] = subjects;
    let cursor = subject === undefined ? undefined : '0.0';
    while (subject !== undefined && cursor !== undefined) {
      const page = await exportPage(postgres, accountsPersonalData, subject, cursor);
      yield* page.records;
      cursor = page.next;
    }
    yield* openedRecords(postgres, users, user);
  }
}
