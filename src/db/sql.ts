import { type SQL, sql } from 'drizzle-orm';
import type { Dialect } from './connection.ts';

/** Where the two dialects say the same thing differently. Nothing outside this file and `open.*.ts` asks which one it is. */

/** A JSON array of columns, as text. */
export function jsonArray(dialect: Dialect, values: readonly SQL[]): SQL {
  const list = sql.join([...values], sql`, `);
  return dialect === 'postgres' ? sql`json_build_array(${list})::text` : sql`json_array(${list})`;
}

/** The rows of `(id, n)` pairs as a table `v(id, n)`. Numbers, not parameters' types, decide: Postgres needs the casts. */
export function pairsTable(dialect: Dialect, pairs: readonly (readonly [id: number, n: number])[]): SQL {
  const rows = sql.join(
    pairs.map(([id, n]) => (dialect === 'postgres' ? sql`(${id}::bigint, ${n}::bigint)` : sql`(${id}, ${n})`)),
    sql`, `,
  );
  return dialect === 'postgres'
    ? sql`(values ${rows}) as v(id, n)`
    : sql`(select column1 as id, column2 as n from (values ${rows})) as v`;
}

/**
 * Locks a row that is about to be linked to, so that it cannot be deleted before the link is stored; counters go on.
 * SQLite has one writer at a time, so the transaction itself is the lock.
 */
export function lockForLinking(dialect: Dialect): SQL {
  return dialect === 'postgres' ? sql`for key share` : sql``;
}

/** Locks rows for a counter update: excludes other flushers and deletion, not links. */
export function lockForCounting(dialect: Dialect): SQL {
  return dialect === 'postgres' ? sql`for no key update` : sql``;
}

/** Lets rows name others that come later in the same transaction. */
export function deferForeignKeys(dialect: Dialect): SQL {
  return dialect === 'postgres' ? sql`set constraints all deferred` : sql`pragma defer_foreign_keys = on`;
}

/** The next id handed out is above every id in the table, also after rows with ids of their own (fixtures). */
export function resetSequence(dialect: Dialect, table: string): SQL | undefined {
  // SQLite's AUTOINCREMENT remembers explicit ids by itself.
  if (dialect === 'sqlite') return undefined;
  const name = sql.identifier(table);
  return sql`select setval(pg_get_serial_sequence(${table}, 'id'), greatest((select coalesce(max(id), 0) from ${name}), (select last_value from ${sql.identifier(`${table}_id_seq`)})), (select count(*) > 0 from ${name}) or (select is_called from ${sql.identifier(`${table}_id_seq`)}))`;
}

/** One row, when the table exists. */
export function findTable(dialect: Dialect, table: string): SQL {
  return dialect === 'postgres'
    ? sql`select 1 where to_regclass(${table}) is not null`
    : sql`select 1 from sqlite_master where type = 'table' and name = ${table}`;
}

/** The 1-based place of a text in another, 0 when it is not there; no character is special. */
export function findSubstring(dialect: Dialect, text: SQL, part: string): SQL {
  return dialect === 'postgres' ? sql`strpos(${text}, ${part})` : sql`instr(${text}, ${part})`;
}
