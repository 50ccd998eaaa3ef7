import type { SqlExecutor } from '@causeway/postgres';
import type { ExportPage, Subject } from './contract.js';
import { eraseTables } from './erase.js';
import { exportPage } from './export.js';
import type { PersonalTable, Reveals } from './tables.js';

/** What a service keeps about persons. */
export class PersonalData {
  constructor(
    private readonly executor: SqlExecutor,
    private readonly tables: readonly PersonalTable[],
    private readonly reveals: Reveals = new Map(),
  ) {}

  /** @throws {PostgresError}, and what a reveal throws */
  export(subject: Subject, cursor?: string): Promise<ExportPage> {
    return exportPage(this.executor, this.tables, subject, cursor, this.reveals);
  }

  /** @returns whether nothing is left @throws {PostgresError} */
  erase(subject: Subject): Promise<boolean> {
    return eraseTables(this.executor, this.tables, subject);
  }
}
