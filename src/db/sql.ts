import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Dialect } from './connection.ts';

/**
 * Where the two dialects say the same thing differently. Nothing outside of this file, `sql_json.ts` and `open.*.ts` asks
 * which one it is.
 */

type ValueType = 'bigint' | 'text';

/**
 * Rows of values as a table `v` with these columns, in one parameter or one for each column: any number of rows (drivers
 * allow 32,766 and 65,534 parameters), and one statement to prepare whatever their number.
 */
export function valuesTable(
  dialect: Dialect,
  columns: Readonly<Record<string, ValueType>>,
  rows: readonly (readonly (number | string | null)[])[],
): SQL {
  const names = Object.keys(columns);
  const isOfNumbers = Object.values(columns).every((type) => type === 'bigint');
  if (dialect === 'sqlite' && isOfNumbers && names.length === 2) {
    // As keys (ids, which are never null) and values of one object: twice as fast to read as an array for each row.
    const [key, value] = names.map((name) => sql.identifier(name));
    const object = `{${rows.map((row) => `"${row[0]}":${row[1] ?? 'null'}`).join(',')}}`;
    return sql`(select cast(key as integer) as ${key}, value as ${value} from json_each(${object})) v`;
  }
  if (dialect === 'postgres' && isOfNumbers) {
    // Twice as fast to read as JSON.
    const arrays = names.map(
      (_, place) => sql`${`{${rows.map((row) => row[place] ?? 'null').join(',')}}`}::text::bigint[]`,
    );
    const identifiers = names.map((name) => sql.identifier(name));
    return sql`unnest(${sql.join(arrays, sql`, `)}) v(${sql.join(identifiers, sql`, `)})`;
  }
  const json = JSON.stringify(rows);
  const entries = Object.entries(columns).map(([name, type], place) => {
    const value = dialect === 'postgres' ? sql`(r ->> ${sql.raw(String(place))})::${sql.raw(type)}` : null;
    return sql`${value ?? sql`value ->> ${sql.raw(String(place))}`} as ${sql.identifier(name)}`;
  });
  const list = sql.join(entries, sql`, `);
  return dialect === 'postgres'
    ? sql`(select ${list} from jsonb_array_elements(${json}::text::jsonb) r) v`
    : sql`(select ${list} from json_each(${json})) v`;
}

/**
 * The rows of a select for each of some texts. Postgres plans it once and runs it for each; SQLite, which plans in no time,
 * is given it as often. The select is given the text as an expression.
 */
export function forEachOf(dialect: Dialect, texts: readonly string[], select: (text: SQL) => SQL): SQL {
  if (dialect === 'sqlite') {
    const selects = texts.map((text) => sql`select * from (${select(sql`${text}`)}) one`);
    return sql.join(selects, sql` union all `);
  }
  const values = valuesTable(
    dialect,
    { text: 'text' },
    texts.map((text) => [text]),
  );
  return sql`select each.* from ${values} cross join lateral (${select(sql`v.text`)}) each`;
}

/** True for rows whose column is one of these numbers: one parameter for any number of them. */
export function isOneOf(dialect: Dialect, column: SQLWrapper, numbers: readonly number[]): SQL {
  return dialect === 'postgres'
    ? // Not `= any(array)`: that compares each row with each number when the planner takes it for a short list and reads the table.
      sql`${column} in (select unnest(${`{${numbers.join(',')}}`}::text::bigint[]))`
    : sql`${column} in (select value from json_each(${JSON.stringify(numbers)}))`;
}

/** A moment where no column says what it is, as in a select list. */
export function moment(dialect: Dialect, time: Date): SQL {
  return dialect === 'postgres' ? sql`${time.toISOString()}::timestamptz` : sql`${time.getTime()}`;
}

/** Sorts a text by its code points, as SQLite does, whatever the locale of the Postgres database. */
export function byCodePoint(dialect: Dialect, text: SQLWrapper): SQL {
  return dialect === 'postgres' ? sql`${text} collate "C"` : sql`${text}`;
}

/**
 * Makes a transaction that applies views wait for the disk, and for nothing else longer than it should: it is tried
 * again, and what it holds holds up editors. Local to the transaction.
 */
export function limitApplying(dialect: Dialect): SQL | undefined {
  if (dialect === 'sqlite') return undefined;
  return sql`
    select set_config('synchronous_commit', 'on', true), set_config('lock_timeout', '5s', true),
      set_config('statement_timeout', '20s', true), set_config('idle_in_transaction_session_timeout', '20s', true)`;
}

/**
 * Locks rows that are about to be linked to, so that none can be deleted before the link is stored; counters go on.
 * SQLite has one writer at a time, so the transaction itself is the lock.
 */
export function lockForLinking(dialect: Dialect): SQL {
  return dialect === 'postgres' ? sql`for key share` : sql``;
}

/** Locks a row that is about to be edited: excludes other editors, flushers and deletion, not links. */
export function lockForEditing(dialect: Dialect): SQL {
  return dialect === 'postgres' ? sql`for no key update` : sql``;
}

/** Locks rows that are about to be deleted: waits for links to them that are being stored, and lets none begin. */
export function lockForRemoval(dialect: Dialect): SQL {
  return dialect === 'postgres' ? sql`for update` : sql``;
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

/**
 * The condition and the limit of a select that is begun only when `condition`, which names none of its tables, is true.
 * SQLite would ask it of each row; Postgres plans better with a limit it knows.
 */
export function startOnlyIf(
  dialect: Dialect,
  condition: SQL,
  max: number,
): { readonly where: SQL; readonly limit: SQL } {
  const limit = sql.raw(String(max));
  return dialect === 'postgres'
    ? { where: condition, limit }
    : { where: sql`true`, limit: sql`(case when ${condition} then ${limit} else 0 end)` };
}

/** The tables, condition and order of a select, and the columns wanted of it. */
export interface Selection {
  readonly columns: SQL;
  readonly from: SQL;
  readonly where: SQL;
  readonly order: SQL;
}

/**
 * Rows of `outer` with rows of `inner`, which may name columns of `outer`, in the order of both, at most `max` and none
 * unless `condition`: read in that order and no further, when an index of `outer` that is unique has its order, and an index
 * of `inner` the other's. SQLite sees that; Postgres sorts the inner rows of each outer row, so it is given no more than
 * `max` of them at a time.
 * @param name what columns of `inner` are called by: the alias of its first table
 */
export function firstOfEach(
  dialect: Dialect,
  { outer, inner, name }: { readonly outer: Selection; readonly inner: Selection; readonly name: string },
  condition: SQL,
  max: number,
): SQL {
  const start = startOnlyIf(dialect, condition, max);
  const from =
    dialect === 'postgres'
      ? sql`lateral (select ${inner.columns} from ${inner.from} where ${inner.where} order by ${inner.order} limit ${sql.raw(String(max))}) ${sql.identifier(name)}`
      : inner.from;
  const where = dialect === 'postgres' ? outer.where : sql`${outer.where} and ${inner.where}`;
  return sql`select ${outer.columns}, ${inner.columns} from ${outer.from} cross join ${from}
    where ${start.where} and ${where} order by ${outer.order}, ${inner.order} limit ${start.limit}`;
}
