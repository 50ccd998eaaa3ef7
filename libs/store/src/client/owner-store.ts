import type { Postgres } from '@causeway/postgres';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.js';
import { toStoreError, withStoreErrors } from './errors.js';
import type { RawQueries } from './executor.js';

function openClient(postgres: Postgres) {
  // The minimal format keeps the arguments of a failed call out of its message.
  const client = new PrismaClient({
    adapter: new PrismaPg(postgres.prismaPool()),
    errorFormat: 'minimal',
  });
  return client.$extends({
    query: { $allOperations: ({ args, query }) => withStoreErrors(() => query(args)) },
  });
}

type Client = ReturnType<typeof openClient>;

/** Names of the models of the generated client. */
export type ModelName = {
  [K in keyof Client]: Client[K] extends { findMany: unknown } ? K : never;
}[keyof Client];

/** The models of one owner. */
export type Models<M extends ModelName> = Readonly<Pick<Client, M>>;

/** What a transaction may use: the same models, and raw statements through `asExecutor`. */
export type StoreTransaction<M extends ModelName> = Models<M> & RawQueries;

/**
 * Typed access of one service to its own tables. Database failures are PostgresError, as those of raw statements.
 */
export interface OwnerStore<M extends ModelName> {
  readonly client: Models<M>;
  /**
   * Runs `fn` in one transaction: commits when it returns, rolls back when it throws, and throws what it threw.
   * `asExecutor(tx)` lets raw statements, such as an outbox append, join it. It may take 10 s at most, then it is
   * rolled back with `transaction_closed`; `pool_exhausted` when no connection became free in 5 s.
   */
  transaction<T>(fn: (tx: StoreTransaction<M>) => Promise<T>): Promise<T>;
  /** Ends the client. The pool stays open: it belongs to the Postgres that was given. */
  close(): Promise<void>;
}

const bounds = { maxWait: 5_000, timeout: 10_000 };

function pick<M extends ModelName>(client: object, models: readonly M[]): Models<M> {
  const entries = models.map((model): [string, unknown] => [model, Reflect.get(client, model)]);
  return Object.fromEntries(entries) as unknown as Models<M>;
}

async function runTransaction<M extends ModelName, T>(
  client: Client,
  models: readonly M[],
  fn: (tx: StoreTransaction<M>) => Promise<T>,
): Promise<T> {
  let thrown: { readonly error: unknown } | undefined;
  try {
    return await client.$transaction(async (tx) => {
      try {
        return await fn({ ...pick(tx, models), $queryRawUnsafe: tx.$queryRawUnsafe.bind(tx) });
      } catch (error) {
        thrown = { error };
        throw error;
      }
    }, bounds);
  } catch (error) {
    // What the callback threw is the caller's own; the rest is a failure to begin or to commit.
    throw thrown?.error === error ? error : toStoreError(error);
  }
}

/**
 * The store of one owner. Only the named models can be reached through it, by type and at run time; the rights of
 * the owner's database role say the same once more.
 */
export function openOwnerStore<M extends ModelName>(postgres: Postgres, models: readonly M[]): OwnerStore<M> {
  const client = openClient(postgres);
  return {
    client: pick(client, models),
    transaction: (fn) => runTransaction(client, models, fn),
    close: () => client.$disconnect(),
  };
}
