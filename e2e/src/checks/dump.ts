import { Postgres, sql } from '@causeway/postgres';

const STATEMENT_MS = 30_000;

/** @returns every row of every table as text, by `schema.table`; bytes are in hexadecimal. @param url of a superuser */
export async function dumpTables(url: string): Promise<Map<string, string>> {
  const options = { poolSize: 1, applicationName: 'e2e-dump', statementTimeoutMs: STATEMENT_MS };
  const postgres = Postgres.connect(url, options);
  try {
    const tables = await postgres.query<{ schema: string; name: string }>(sql`
      select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition
        and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`);
    const dump = new Map<string, string>();
    for (const { schema, name } of tables) {
      const rows = await postgres.query<{ row: string }>(
        sql`select t::text as row from ${sql.ident(schema, name)} t`,
      );
      dump.set(`${schema}.${name}`, rows.map(({ row }) => row).join('\n'));
    }
    return dump;
  } finally {
    await postgres.close();
  }
}
