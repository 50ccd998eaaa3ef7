import type { Sql, SqlExecutor } from '@causeway/postgres';
import { Prisma } from '../generated/client.js';
import { isVoidResult, toStoreError } from './errors.js';

/** The part of a Prisma transaction that runs statements as they are. */
export interface RawQueries {
  $queryRawUnsafe<T>(query: string, ...values: unknown[]): PromiseLike<T>;
}

/** Values as the pool gives them: `bigint` and `numeric` (without trailing zeros) as strings, `bytea` as Buffer. */
function asPoolValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(asPoolValue);
  // Decimals carry more digits than a number; jsonb values are plain objects and stay as they are.
  if (Prisma.Decimal.isDecimal(value)) return value.toFixed();
  return value;
}

function asPoolRow(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asPoolValue(value)]));
}

/**
 * Runs raw statements inside a store's transaction, with the row and value types of `Postgres.query`, so that an
 * outbox append or a hot statement commits together with the model calls. One difference: a statement with a column
 * of type void, such as `pg_notify`, runs and gives no rows. Throws PostgresError.
 */
export function asExecutor(tx: RawQueries): SqlExecutor {
  return {
    async query<Row>(statement: Sql): Promise<Row[]> {
      try {
        const rows = await tx.$queryRawUnsafe<Record<string, unknown>[]>(statement.text, ...statement.values);
        return rows.map(asPoolRow) as Row[];
      } catch (error) {
        if (isVoidResult(error)) return [];
        throw toStoreError(error);
      }
    },
  };
}
