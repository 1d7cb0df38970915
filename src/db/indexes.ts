/** Indexes and keys of tables that are filled at once: sorted afterwards, they cost a fraction of what each row does. */
import { type SQL, sql } from 'drizzle-orm';
import type { Connection, Dialect } from './connection.ts';
import { toText } from './rows.ts';

/** Something that a table has besides its rows. */
interface Part {
  readonly remove: SQL;
  readonly make: SQL;
}

/**
 * Takes away the indexes of tables, their foreign keys, and on Postgres the primary keys, too: rows must be such that they
 * break none. On Postgres nobody else can read these tables until the transaction ends.
 * @returns what makes them again, in the same transaction
 * @throws AppError `conflict` from there for a row that refers to another that is not there
 */
export async function setAsideIndexes(tx: Connection, tables: readonly string[]): Promise<() => Promise<void>> {
  const parts = [...(await findKeys(tx, tables)), ...(await findIndexes(tx, tables))];
  for (const { remove } of parts) await tx.rows(remove);
  return async () => {
    for (const { make } of parts.toReversed()) await tx.rows(make);
  };
}

async function findIndexes(tx: Connection, tables: readonly string[]): Promise<Part[]> {
  const rows = await tx.rows(selectIndexes(tx.dialect, tables));
  return rows.map(({ name, definition }) => ({
    remove: sql`drop index ${sql.identifier(toText(name))}`,
    make: sql.raw(toText(definition)),
  }));
}

/** On SQLite without those of foreign keys: while one row refers to nothing, each new one is looked for in what refers to it. */
function selectIndexes(dialect: Dialect, tables: readonly string[]): SQL {
  return dialect === 'postgres'
    ? sql`
      select indexname as name, indexdef as definition from pg_indexes
      where schemaname = current_schema() and tablename in ${[...tables]}
        and indexname not in (select conname from pg_constraint where connamespace = current_schema()::regnamespace)
      order by 1`
    : sql`
      select name, sql as definition from sqlite_master i
      where type = 'index' and tbl_name in ${[...tables]} and sql is not null and not exists (
        select 1 from pragma_index_info(i.name) part join pragma_foreign_key_list(i.tbl_name) k on k."from" = part.name
        where part.seqno = 0) order by 1`;
}

/**
 * None on SQLite, which keeps primary keys with the table, and counts in memory the rows that refer to nothing. Foreign keys
 * come first: they need the primary keys. A primary key that tables or views of others need stays.
 */
async function findKeys(tx: Connection, tables: readonly string[]): Promise<Part[]> {
  if (tx.dialect === 'sqlite') return [];
  const rows = await tx.rows(sql`
    select relname as "table", conname as name, pg_get_constraintdef(c.oid) as definition
    from pg_constraint c join pg_class t on t.oid = conrelid
    where contype in ('f', 'p') and connamespace = current_schema()::regnamespace and relname in ${[...tables]}
      and not (contype = 'p' and (
        exists (select 1 from pg_constraint f join pg_class o on o.oid = f.conrelid
          where f.contype = 'f' and f.confrelid = c.conrelid
            and not (o.relnamespace = c.connamespace and o.relname in ${[...tables]}))
        or exists (select 1 from pg_depend d
          where d.refclassid = 'pg_constraint'::regclass and d.refobjid = c.oid and d.classid = 'pg_rewrite'::regclass)))
    order by contype, 1, 2`);
  return rows.map((row) => {
    const [table, name] = [sql.identifier(toText(row.table)), sql.identifier(toText(row.name))];
    return {
      remove: sql`alter table ${table} drop constraint ${name}`,
      make: sql`alter table ${table} add constraint ${name} ${sql.raw(toText(row.definition))}`,
    };
  });
}
