import { sql, type SqlExecutor } from '@causeway/postgres';
import { owners } from '../owners.js';

/** What a database consists of: kind and name of each object, with its definition. */
export type Catalogue = ReadonlyMap<string, string>;

const objects = sql`
  with our as (
    select c.oid, n.nspname, c.relname, c.relkind, c.reloptions
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(${[...owners]}::text[]) and not c.relispartition
  )
  select format('column %s.%s.%s', o.nspname, o.relname, a.attname) as object,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
      'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''),
      'generated ' || nullif(a.attgenerated::text, ''),
      'collate ' || nullif((select collname from pg_collation where oid = a.attcollation), 'default')) as definition
  from our o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where o.relkind in ('r', 'p')
  union all
  -- An index of a partitioned table is one on each partition; the schema language knows the table as a plain one.
  select format('index %s.%s', o.nspname, o.relname), replace(pg_get_indexdef(o.oid), ' ON ONLY ', ' ON ')
  from our o where o.relkind in ('i', 'I')
  union all
  select format('partitioning %s.%s', o.nspname, o.relname), pg_get_partkeydef(o.oid) from our o where o.relkind = 'p'
  union all
  select format('partition %s.%s', o.nspname, p.relname), pg_get_expr(p.relpartbound, p.oid)
  from our o join pg_inherits h on h.inhparent = o.oid join pg_class p on p.oid = h.inhrelid where o.relkind = 'p'
  union all
  select format('options %s.%s', o.nspname, o.relname), array_to_string(o.reloptions, ', ')
  from our o where o.reloptions is not null
  union all
  select format('sequence %s.%s', o.nspname, o.relname), format_type(s.seqtypid, null)
  from our o join pg_sequence s on s.seqrelid = o.oid
  union all
  select format('view %s.%s', o.nspname, o.relname), pg_get_viewdef(o.oid) from our o where o.relkind in ('v', 'm')
  union all
  -- A not-null constraint is part of its column; newer servers list it here as well.
  select format('constraint %s.%s.%s', o.nspname, o.relname, c.conname), pg_get_constraintdef(c.oid)
  from our o join pg_constraint c on c.conrelid = o.oid and c.contype <> 'n'
  union all
  select format('trigger %s.%s.%s', o.nspname, o.relname, t.tgname), pg_get_triggerdef(t.oid)
  from our o join pg_trigger t on t.tgrelid = o.oid and not t.tgisinternal
  union all
  select format('enum %s.%s', n.nspname, t.typname), string_agg(e.enumlabel, ',' order by e.enumsortorder)
  from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
  group by n.nspname, t.typname
  union all
  select format('function %s.%s', n.nspname, p.proname), pg_get_functiondef(p.oid)
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = any(${[...owners]}::text[])`;

/** Reads columns, indexes, partitions, storage options, sequences, constraints, views, triggers, enums and functions of the owners' schemas. */
export async function readCatalogue(executor: SqlExecutor): Promise<Catalogue> {
  const rows = await executor.query<{ object: string; definition: string }>(objects);
  return new Map(rows.map((row) => [row.object, row.definition]));
}

/** One line per difference: what the schema has and the migrations lack or define otherwise, and the reverse. */
export function differences(schema: Catalogue, migrated: Catalogue, extras: ReadonlySet<string>): string[] {
  const lines: string[] = [];
  for (const [object, definition] of schema) {
    const other = migrated.get(object);
    if (other === undefined) lines.push(`missing in the migrations: ${object} ${definition}`);
    else if (other !== definition)
      lines.push(`differs: ${object}: schema ${definition}, migrations ${other}`);
  }
  for (const [object, definition] of migrated) {
    if (!schema.has(object) && !extras.has(object))
      lines.push(`only in the migrations: ${object} ${definition}`);
  }
  for (const extra of extras) {
    if (!migrated.has(extra)) lines.push(`expected extra is missing: ${extra}`);
    else if (schema.has(extra)) lines.push(`no longer an extra: ${extra}`);
  }
  return lines;
}
