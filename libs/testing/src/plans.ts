import { sql, type Postgres, type Sql, type SqlExecutor } from '@causeway/postgres';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Node[];
}

/** How a statement reaches its rows. */
export interface StatementPlan {
  /** The statement's text, to tell several apart. */
  readonly text: string;
  /** Tables that are read from one end to the other. */
  readonly scanned: readonly string[];
  /** Indexes that are used. */
  readonly indexes: readonly string[];
}

/** An executor that explains each statement before it runs it, so that code is tested with the statements it really sends. */
export interface ExplainingExecutor extends SqlExecutor {
  /** The plans of the statements that can have one, in their order. */
  readonly plans: readonly StatementPlan[];
}

/**
 * Explains with sequential scans made as dear as can be: one that is in the plan all the same stands there because no
 * index serves the statement, however few rows the test has.
 */
function explaining(tx: SqlExecutor): ExplainingExecutor {
  const plans: StatementPlan[] = [];
  return {
    plans,
    async query<Row>(statement: Sql): Promise<Row[]> {
      if (/^\s*(select|insert|update|delete|with)\b/i.test(statement.text)) {
        const [row] = await tx.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Node }] }>(
          sql`explain (format json) ${statement}`,
        );
        if (row !== undefined) plans.push({ text: statement.text, ...read([row['QUERY PLAN'][0].Plan]) });
      }
      return tx.query<Row>(statement);
    },
  };
}

function read(nodes: readonly Node[]): Pick<StatementPlan, 'scanned' | 'indexes'> {
  const all = nodes.flatMap(function flatten(node): Node[] {
    return [node, ...(node.Plans ?? []).flatMap(flatten)];
  });
  return {
    scanned: all.flatMap((node) => (node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : [])),
    indexes: all.flatMap((node) => node['Index Name'] ?? []),
  };
}

/**
 * Runs `work` on a database whose every statement, also within transactions, is explained and run, and undoes all of it.
 * @returns the plans of its statements, in their order
 */
export async function plansOf(
  postgres: Postgres,
  work: (explained: Postgres) => Promise<unknown>,
): Promise<readonly StatementPlan[]> {
  let plans: readonly StatementPlan[] = [];
  const undo = new Error('undone');
  await postgres
    .transaction(async (tx) => {
      await tx.query(sql`set local enable_seqscan = off`);
      const executor = explaining(tx);
      const within = <T>(fn: (inner: SqlExecutor) => Promise<T>): Promise<T> => fn(executor);
      const explained = { query: executor.query, transaction: within, idempotentTransaction: within };
      await work(explained as unknown as Postgres);
      plans = executor.plans;
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  return plans;
}
