/**
 * Whole tables as lines, where the dialects say it differently. A line is a row: a JSON array of its columns, which both
 * databases write alike to the last character, and alike to `JSON.stringify`.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { Dialect } from './connection.ts';
import type { ColumnShape, TableShape } from './shapes.ts';

function names(columns: readonly string[]): SQL {
  return sql.join(
    columns.map((name) => sql.identifier(name)),
    sql`, `,
  );
}

function lineOf(dialect: Dialect, { columns }: TableShape): SQL {
  if (dialect === 'sqlite') return sql`json_array(${names(columns.map(({ name }) => name))})`;
  const values = columns.map((column) => sql`coalesce(${jsonOf(column)}, 'null')`);
  return sql`'[' || ${sql.join(values, sql` || ',' || `)} || ']'`;
}

/** A column of Postgres as JSON. */
function jsonOf({ name, kind }: ColumnShape): SQL {
  const column = sql.identifier(name);
  if (kind === 'text') return sql`to_json(${column})::text`;
  if (kind === 'boolean') return sql`${column}::int::text`;
  if (kind === 'time') return sql`(extract(epoch from ${column}) * 1000)::bigint::text`;
  return sql`${column}::text`;
}

/** The bytes of all texts in the row that has most (`bytes`; null without rows), which no database reads the texts for. */
export function selectLargestRow(table: TableShape): SQL {
  const texts = table.columns.filter(({ kind }) => kind === 'text');
  const bytes = texts.map(({ name }) => sql`coalesce(octet_length(${sql.identifier(name)}), 0)`);
  return sql`select max(${sql.join([sql`0`, ...bytes], sql` + `)}) as bytes from ${sql.identifier(table.name)}`;
}

/**
 * The next lines of a table in the order of its key.
 * @param after the key of the last row that was read
 */
export function selectLines(
  dialect: Dialect,
  table: TableShape,
  after: readonly (string | number)[] | undefined,
  rowsMax: number,
): SQL {
  const key = names(table.key);
  const values = sql.join(
    (after ?? []).map((value) => sql`${value}`),
    sql`, `,
  );
  const beyond = after === undefined ? sql`` : sql`where (${key}) > (${values})`;
  return sql`
    select ${lineOf(dialect, table)} as line from ${sql.identifier(table.name)} ${beyond} order by ${key}
    limit ${sql.raw(String(rowsMax))}`;
}

/**
 * Adds the rows of lines, in one statement and one parameter. Ends in a condition, so that `on conflict` may follow: SQLite
 * would take it for a join's.
 */
export function insertLines(
  dialect: Dialect,
  table: Pick<TableShape, 'name' | 'columns'>,
  lines: readonly string[],
): SQL {
  const columns = names(table.columns.map(({ name }) => name));
  return sql`insert into ${sql.identifier(table.name)} (${columns}) ${selectOfLines(dialect, table.columns, lines)}`;
}

function selectOfLines(dialect: Dialect, columns: readonly ColumnShape[], lines: readonly string[]): SQL {
  const json = `[${lines.join(',')}]`;
  const values = columns.map(({ kind }, place) => valueAt(dialect, kind, sql.raw(String(place))));
  const rows = dialect === 'postgres' ? sql`jsonb_array_elements(${json}::text::jsonb) r` : sql`json_each(${json})`;
  return sql`select ${sql.join(values, sql`, `)} from ${rows} where true`;
}

function valueAt(dialect: Dialect, kind: ColumnShape['kind'], place: SQL): SQL {
  if (dialect === 'sqlite') return sql`value ->> ${place}`;
  if (kind === 'text') return sql`r ->> ${place}`;
  if (kind === 'boolean') return sql`(r ->> ${place})::boolean`;
  if (kind === 'time') return sql`to_timestamp((r ->> ${place})::numeric / 1000)`;
  return sql`(r ->> ${place})::bigint`;
}

/** The highest id a table ever gave out, as `last`; no row, or 0, when it gave out none. */
export function selectLastId(dialect: Dialect, table: string): SQL {
  return dialect === 'postgres'
    ? sql`select case when is_called then last_value else last_value - 1 end as last from ${sql.identifier(`${table}_id_seq`)}`
    : sql`select seq as last from sqlite_sequence where name = ${table}`;
}

/** Makes a table give out ids above `last`, which is above all it holds. */
export function setLastId(dialect: Dialect, table: string, last: number): readonly SQL[] {
  if (dialect === 'postgres') return [sql`select setval(pg_get_serial_sequence(${table}, 'id'), ${last}::bigint)`];
  return [
    sql`delete from sqlite_sequence where name = ${table}`,
    sql`insert into sqlite_sequence (name, seq) values (${table}, ${last})`,
  ];
}

/** Every table (`name`) of the schema that is used, ours or not. */
export function selectTables(dialect: Dialect): SQL {
  return dialect === 'postgres'
    ? sql`select tablename as name from pg_tables where schemaname = current_schema() order by 1`
    : sql`select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by 1`;
}

/** Every column of every table: `table_name`, `name`, `type`. */
export function selectColumns(dialect: Dialect): SQL {
  return dialect === 'postgres'
    ? sql`
      select table_name, column_name as name, data_type as type from information_schema.columns
      where table_schema = current_schema() order by table_name, ordinal_position`
    : sql`
      select m.name as table_name, c.name as name, c.type as type from sqlite_master m, pragma_table_info(m.name) c
      where m.type = 'table' order by m.name, c.cid`;
}

/** Lets nobody write to tables until the transaction ends. A transaction that has SQLite for itself needs nothing. */
export function keepUnchanged(dialect: Dialect, tables: readonly string[]): SQL | undefined {
  return dialect === 'postgres' ? sql`lock table ${names(tables)} in share mode` : undefined;
}

/** Lets nobody read or write tables until the transaction ends. Whoever writes to SQLite is alone with what it writes. */
export function keepToOneself(dialect: Dialect, tables: readonly string[]): SQL | undefined {
  return dialect === 'postgres' ? sql`lock table ${names(tables)} in access exclusive mode` : undefined;
}

/** Waits until no other transaction that asked for this is under way. SQLite has one writer at a time. */
export function takeTurnToFill(dialect: Dialect): SQL | undefined {
  return dialect === 'postgres'
    ? sql`select pg_advisory_xact_lock(hashtextextended('contenthub: filling an empty hub', 0))`
    : undefined;
}

/** Tells the planner what tables hold; SQLite's needs no telling. */
export function gatherStatistics(dialect: Dialect, tables: readonly string[]): SQL | undefined {
  return dialect === 'postgres' ? sql`analyze ${names(tables)}` : undefined;
}

/** Names the moment a snapshot sees (`id`), so that another program reads the same; SQLite has no such names. */
export function exportSnapshot(dialect: Dialect): SQL | undefined {
  return dialect === 'postgres'
    ? sql`select pg_export_snapshot() as id, set_config('idle_in_transaction_session_timeout', '0', true)`
    : undefined;
}
