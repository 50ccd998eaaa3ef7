import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { StoreError } from './errors.js';
import { fromVersion1, schema, schemaVersion } from './schema.js';

/** One SQLite file, opened by nobody else, whose commits are on disk when they return. */
export class Database {
  private readonly statements = new Map<string, StatementSync>();
  private inTransaction = false;

  private constructor(private readonly handle: DatabaseSync) {}

  /**
   * Opens or creates a file; `:memory:` makes one that lives as long as the object.
   * @throws StoreError `store_in_use`, `store_version_unknown`, `store_unusable`
   */
  static open(file: string): Database {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    let handle: DatabaseSync | undefined;
    try {
      handle = new DatabaseSync(file, { timeout: 200 });
      handle.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      const database = new Database(handle);
      database.transaction(() => database.prepare());
      return database;
    } catch (error) {
      handle?.close();
      throw error instanceof StoreError
        ? error
        : new StoreError(isBusy(error) ? 'store_in_use' : 'store_unusable');
    }
  }

  private prepare(): void {
    const version = this.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
    if (version > schemaVersion) throw new StoreError('store_version_unknown');
    if (version === schemaVersion) return;
    this.handle.exec(version === 1 ? fromVersion1 : schema);
    this.handle.exec(`PRAGMA user_version = ${schemaVersion}`);
  }

  /** Runs synchronously; everything in it is committed together or not at all. Inside another one it joins that one. */
  transaction<T>(run: () => T): T {
    if (this.inTransaction) return run();
    this.handle.exec('BEGIN IMMEDIATE');
    this.inTransaction = true;
    try {
      const result = run();
      this.handle.exec('COMMIT');
      return result;
    } catch (error) {
      this.handle.exec('ROLLBACK');
      throw error;
    } finally {
      this.inTransaction = false;
    }
  }

  /** @returns the number of changed rows. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }

  /** As `run`, without the wait for the disk: it outlives the process, and is on disk with the next commit. */
  runUnsynced(sql: string, ...values: SQLInputValue[]): void {
    if (this.inTransaction) return void this.run(sql, ...values);
    this.handle.exec('PRAGMA synchronous = OFF');
    try {
      this.run(sql, ...values);
    } finally {
      this.handle.exec('PRAGMA synchronous = FULL');
    }
  }

  /** @returns the first row. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...values) as Row | undefined;
  }

  /** @returns every row. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.statement(sql).all(...values) as Row[];
  }

  close(): void {
    this.statements.clear();
    this.handle.close();
  }

  private statement(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const made = this.handle.prepare(sql);
    this.statements.set(sql, made);
    return made;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /database is locked|database is busy/i.test(error.message);
}
