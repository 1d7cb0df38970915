/** Replacing a hub's data as a whole by that of another. */
import { type SQL, sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { buildSchemaOf, readSchemaState } from '../db/migrate.ts';
import { dropSchema } from '../db/objects.ts';
import { toText } from '../db/rows.ts';
import type { TableShape } from '../db/shapes.ts';
import { findTable } from '../db/sql.ts';
import { exportSnapshot, gatherStatistics, keepUnchanged, selectTables, setLastId } from '../db/sql_tables.ts';
import { AppError } from '../errors.ts';
import {
  assertSame,
  createInventory,
  describeTables,
  findShapes,
  type Inventory,
  type TableContent,
} from './inventory.ts';
import { type Block, readAhead, writeLines } from './lines.ts';

/** Tables that hold something before anybody has done anything. */
const NEVER_EMPTY = new Set(['pages_searchstate']);

/** Which migrations the database has, oldest first. @throws AppError when it has none */
export async function listMigrations(connection: Connection): Promise<string[]> {
  const [table] = await connection.rows(findTable(connection.dialect, 'schema_migration'));
  if (table === undefined) {
    throw new AppError('unavailable', 'there is no hub in the database: run contenthub migrate first');
  }
  const rows = await connection.rows(sql`select tag from schema_migration order by tag`);
  return rows.map((row) => toText(row.tag));
}

async function runIfAny(tx: Connection, query: SQL | undefined): Promise<void> {
  if (query !== undefined) await tx.rows(query);
}

/** Lets nobody write while the caller's transaction, which is alone, reads. */
export async function holdStill(tx: Connection, tables: readonly TableShape[]): Promise<void> {
  const names = tables.map(({ name }) => name);
  await runIfAny(tx, keepUnchanged(tx.dialect, names));
}

/** Names what a snapshot of Postgres sees, so that another program can read the same. */
export async function nameSnapshot(connection: Connection): Promise<string> {
  const query = exportSnapshot(connection.dialect);
  if (query === undefined) throw new Error('snapshots of SQLite have no names');
  const [row] = await connection.rows(query);
  return toText(row?.id);
}

/**
 * Refuses a database whose data must not be replaced.
 * @param wayOut what to do about data of a hub; undefined when it may be replaced
 * @throws AppError `conflict` saying what is in it
 */
export async function assertReplaceable(tx: Connection, name: string, wayOut: string | undefined): Promise<void> {
  const tables = (await tx.rows(selectTables(tx.dialect))).map((row) => toText(row.name));
  if (!tables.includes('schema_migration')) {
    if (tables.length === 0) return;
    const some = tables.slice(0, 3).join(', ');
    throw new AppError('conflict', `${name} holds tables of something else (${some}): name an empty database`);
  }
  const { state, unknown } = await readSchemaState(tx);
  if (state === 'ahead') {
    const newer = `was migrated by a newer version (it has ${unknown.join(', ')})`;
    throw new AppError('conflict', `${name} ${newer}: name an empty database`);
  }
  if (wayOut === undefined) return;
  for (const { name: table } of await findShapes(tx)) {
    const [row] = NEVER_EMPTY.has(table) ? [] : await tx.rows(sql`select 1 from ${sql.identifier(table)} limit 1`);
    if (row === undefined) continue;
    throw new AppError('conflict', `${name} is not empty (there are rows in ${table}): ${wayOut}`);
  }
}

/** What a database is to hold. */
export interface Replacement {
  /** The schema: these migrations, and no later ones. */
  readonly migrations: readonly string[];
  readonly tables: readonly TableShape[];
  /** All rows, table by table. */
  readonly blocks: AsyncIterable<Block>;
  /** What the blocks held. @param passed what of them was seen here */
  contents(passed: Inventory): Promise<readonly TableContent[]>;
}

/**
 * Replaces schema and data, in the caller's transaction, which is alone. What has passed is compared with what should
 * have, and what is stored then, read again, with both.
 * @param onRows is called for each row twice: as it is written, and as it is read again
 * @returns what each table holds
 * @throws AppError `conflict` naming the table that differs
 */
export async function replaceAll(
  tx: Connection,
  { migrations, tables, blocks, contents }: Replacement,
  onRows: (count: number) => void,
): Promise<readonly TableContent[]> {
  for (const statement of dropSchema(tx.dialect)) await tx.rows(statement);
  await buildSchemaOf(tx, migrations);
  const passed = createInventory(tables);
  // While one block is written, the next is read: two databases work at once.
  let writing = Promise.resolve();
  for await (const block of readAhead(blocks)) {
    passed.add(block);
    await writing;
    writing = writeLines(tx, block);
    writing.catch(() => {});
    onRows(block.lines.length);
  }
  await writing;
  const expected = await contents(passed);
  for (const table of expected) {
    assertSame(table, passed.digestOf(table), 'read');
    const statements = table.lastId > 0 ? setLastId(tx.dialect, table.name, table.lastId) : [];
    for (const statement of statements) await tx.rows(statement);
  }
  const names = tables.map(({ name }) => name);
  await runIfAny(tx, gatherStatistics(tx.dialect, names));
  await compare(tx, expected, onRows);
  return expected;
}

/** Reads what is stored, and compares. @throws AppError `conflict` naming the table that differs */
export async function compare(
  connection: Connection,
  expected: readonly TableContent[],
  onRows: (count: number) => void,
): Promise<void> {
  const stored = await describeTables(connection, expected, onRows);
  for (const [place, table] of expected.entries()) {
    const found = stored[place];
    if (found !== undefined) assertSame(table, found, 'stored');
  }
}
