/** Bulk reads and writes of whole tables, for fixtures: rows keep their ids, existing rows are overwritten. */
import { sql } from 'drizzle-orm';
import { contentTypes } from '../contents/index.ts';
import type { Connection, Row } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { type ColumnShape, listShapes } from '../db/shapes.ts';
import { deferForeignKeys, resetSequence } from '../db/sql.ts';
import { insertLines } from '../db/sql_tables.ts';
import { tableOf } from './contents.ts';
import { type Actor, recordHistory } from './history.ts';

export type ColumnValue = string | number | boolean | Date | null;
export type FixtureRow = Readonly<Record<string, ColumnValue>> & { readonly id: number };

/** How rows of one table are written. */
export interface FixtureTable {
  readonly name: string;
  /** Columns set on rows that are new and left alone on rows that exist. */
  readonly insertOnly: readonly string[];
  /** True for tables that count their edits: an existing row that really changes gets the next version and `updated_at`. */
  readonly isVersioned: boolean;
}

/** What history calls a group. */
const GROUP_LABEL = 'auth.group';
const DUMP_ROWS = 1000;
const SHAPES = new Map(listShapes().map(({ name, columns }) => [name, columns]));

/** Prepares a transaction for rows in any order: a link may come before its page. */
export async function beginFixtures(tx: Connection): Promise<void> {
  await tx.rows(deferForeignKeys(tx.dialect));
}

/** The columns that a row sets, in the order of the table. */
function columnsOf(table: string, row: FixtureRow): readonly ColumnShape[] {
  return (SHAPES.get(table) ?? []).filter(({ name }) => name in row);
}

/** A row as a line of `db/sql_tables.ts`. */
function lineOf(row: FixtureRow, columns: readonly ColumnShape[]): string {
  const values = columns.map(({ name }) => {
    const value = row[name] ?? null;
    if (typeof value === 'boolean') return Number(value);
    return value instanceof Date ? value.getTime() : value;
  });
  return JSON.stringify(values);
}

/** Inserts rows of one table, or overwrites those whose ids exist. All rows have the same columns. */
export async function upsertRows(tx: Connection, table: FixtureTable, rows: readonly FixtureRow[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = columnsOf(table.name, first);
  const overwritten = columns.filter((column) => column.name !== 'id' && !table.insertOnly.includes(column.name));
  const name = sql.identifier(table.name);
  const changes = overwritten.map(
    (column) => sql`${sql.identifier(column.name)} = excluded.${sql.identifier(column.name)}`,
  );
  if (table.isVersioned) changes.push(sql`version = ${name}.version + 1`);
  const differs = overwritten
    .filter((column) => column.name !== 'updated_at')
    .map(
      (column) => sql`${name}.${sql.identifier(column.name)} is distinct from excluded.${sql.identifier(column.name)}`,
    );
  const lines = rows.map((row) => lineOf(row, columns));
  await tx.rows(sql`
    ${insertLines(tx.dialect, { name: table.name, columns }, lines)}
    on conflict (id) do update set ${sql.join(changes, sql`, `)} where ${sql.join(differs, sql` or `)}`);
}

/** Inserts rows whose ids are known to be free. All have the same columns. */
export async function insertRows(tx: Connection, table: FixtureTable, rows: readonly FixtureRow[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = columnsOf(table.name, first);
  const lines = rows.map((row) => lineOf(row, columns));
  await tx.rows(insertLines(tx.dialect, { name: table.name, columns }, lines));
}

/** A table's rows by id, a part at a time, with the columns asked for. */
export async function* readRows(
  connection: Connection,
  table: string,
  columns: readonly string[],
): AsyncGenerator<readonly Row[]> {
  const list = sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  );
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = await connection.rows(
      sql`select ${list} from ${sql.identifier(table)} where id > ${after} order by id limit ${DUMP_ROWS}`,
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < DUMP_ROWS) return;
    after = toInteger(last.id);
  }
}

/** A link that leads nowhere: its id, the field that is wrong, and what it names. */
export interface DanglingLink {
  readonly id: number;
  readonly field: 'page' | 'object_id';
  readonly target: string;
}

/** Every link whose page or content does not exist, by id, at most `max` of each kind. */
export async function findDanglingLinks(tx: Connection, max: number): Promise<DanglingLink[]> {
  const { page, pageContent: link } = tx.tables;
  const pages = await tx.rows(sql`
    select ${link.id} as id, ${link.page_id} as target from ${link}
    left join ${page} on ${page.id} = ${link.page_id} where ${page.id} is null order by ${link.id} limit ${max}`);
  const dangling: DanglingLink[] = pages.map((row) => ({
    id: toInteger(row.id),
    field: 'page',
    target: `pages.page ${toInteger(row.target)}`,
  }));
  for (const type of contentTypes) {
    const table = tableOf(tx, type);
    const contents = await tx.rows(sql`
      select ${link.id} as id, ${link.object_id} as target from ${link}
      left join ${table} on ${table.id} = ${link.object_id}
      where ${link.content_type} = ${type.label} and ${table.id} is null order by ${link.id} limit ${max}`);
    for (const row of contents) {
      dangling.push({ id: toInteger(row.id), field: 'object_id', target: `${type.label} ${toInteger(row.target)}` });
    }
  }
  return dangling.sort((a, b) => a.id - b.id);
}

/** The next ids handed out are above all that were loaded. */
export async function resetSequences(tx: Connection, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const reset = resetSequence(tx.dialect, table);
    if (reset !== undefined) await tx.rows(reset);
  }
}

/** True when there is no page and no content: the state of a new hub. */
export async function isEmpty(connection: Connection): Promise<boolean> {
  const tables = ['pages_page', ...contentTypes.map((type) => type.table)];
  for (const table of tables) {
    const rows = await connection.rows(sql`select 1 from ${sql.identifier(table)} limit 1`);
    if (rows.length > 0) return false;
  }
  return true;
}

/** Makes a group with an id that the caller knows to be free. */
export async function createGroup(tx: Connection, actor: Actor, id: number, name: string): Promise<void> {
  await tx.rows(sql`insert into ${tx.tables.group} (id, name) values (${id}, ${name})`);
  await recordHistory(tx, actor, [{ action: 'create', label: GROUP_LABEL, id, title: name, after: { name } }]);
}

/** Group names by id. */
export async function findGroupNames(connection: Connection): Promise<Map<number, string>> {
  const { group } = connection.tables;
  const rows = await connection.rows(sql`select ${group.id} as id, ${group.name} as name from ${group}`);
  return new Map(rows.map((row) => [toInteger(row.id), toText(row.name)]));
}
