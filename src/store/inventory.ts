/** What a hub's tables are and hold: the list that goes with every copy, and that a copy is compared with. */
import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { MIGRATION_TABLES } from '../db/migrate.ts';
import { listOwnTables } from '../db/objects.ts';
import { toInteger, toText } from '../db/rows.ts';
import { type ColumnShape, kindOfType, listShapes, type TableShape } from '../db/shapes.ts';
import { selectColumns, selectLastId } from '../db/sql_tables.ts';
import { AppError } from '../errors.ts';
import { createDigest, type Digest } from './digest.ts';
import { type Block, readTables } from './lines.ts';

/** A table and what is in it. */
export interface TableContent extends TableShape, Digest {
  /** The highest id it ever gave out; 0 when none, or when it gives out none. */
  readonly lastId: number;
}

/** Kept by triggers, and by the migrations themselves. */
const KEPT_BY_THE_SCHEMA = new Set<string>(['row_count', 'page_block', ...MIGRATION_TABLES]);

/**
 * The tables of the database, each after those it refers to: those this program knows, as far as they are there, with all
 * the columns they have. A database that is not migrated yet has fewer tables, and may have columns that will go.
 * @throws AppError `unavailable` when it has a table that only an older version can copy
 */
export async function findShapes(connection: Connection): Promise<TableShape[]> {
  const found = new Map<string, ColumnShape[]>();
  for (const row of await connection.rows(selectColumns(connection.dialect))) {
    const table = toText(row.table_name);
    found.set(table, [...(found.get(table) ?? []), { name: toText(row.name), kind: kindOfType(toText(row.type)) }]);
  }
  const shapes = listShapes();
  const known = new Set([...shapes.map(({ name }) => name), ...KEPT_BY_THE_SCHEMA]);
  const gone = listOwnTables(connection.dialect).find((name) => found.has(name) && !known.has(name));
  if (gone !== undefined) {
    throw new AppError('unavailable', `table ${gone} is of an older version: use that version, or contenthub migrate`);
  }
  return shapes.flatMap((shape) => {
    const columns = found.get(shape.name);
    return columns === undefined ? [] : [{ ...shape, columns: withKinds(shape, columns) }];
  });
}

function withKinds({ columns: known }: TableShape, columns: readonly ColumnShape[]): ColumnShape[] {
  return columns.map((column) => known.find(({ name }) => name === column.name) ?? column);
}

/** How many rows the tables have, for whoever shows how far it is. */
export async function countRows(connection: Connection, tables: readonly TableShape[]): Promise<number> {
  let sum = 0;
  for (const { name } of tables) {
    const [row] = await connection.rows(sql`select count(*) as n from ${sql.identifier(name)}`);
    sum += toInteger(row?.n);
  }
  return sum;
}

/** Made while the blocks of all tables pass. */
export interface Inventory {
  add(block: Block): void;
  /** What has passed of a table. */
  digestOf(table: TableShape): Digest;
}

export function createInventory(tables: readonly TableShape[]): Inventory {
  const digests = new Map(tables.map(({ name }) => [name, createDigest()]));
  const find = (name: string) => {
    const digest = digests.get(name);
    if (digest === undefined) throw new Error(`no table ${name} in the inventory`);
    return digest;
  };
  return {
    add: ({ table, lines }) => find(table.name).add(lines),
    digestOf: ({ name }) => find(name).read(),
  };
}

/** The list itself, once all blocks have passed. @param connection where they came from */
export async function listContents(
  connection: Connection,
  tables: readonly TableShape[],
  inventory: Inventory,
): Promise<TableContent[]> {
  const contents: TableContent[] = [];
  for (const table of tables) {
    contents.push({ ...table, ...inventory.digestOf(table), lastId: await findLastId(connection, table) });
  }
  return contents;
}

async function findLastId(connection: Connection, { name, hasSequence }: TableShape): Promise<number> {
  if (!hasSequence) return 0;
  const [row] = await connection.rows(selectLastId(connection.dialect, name));
  const [held] = await connection.rows(sql`select max(id) as last from ${sql.identifier(name)}`);
  return Math.max(toInteger(row?.last ?? 0), toInteger(held?.last ?? 0));
}

/** Reads tables to their end. Nobody may write to them meanwhile. */
export async function describeTables(
  connection: Connection,
  tables: readonly TableShape[],
  onRows: (count: number) => void,
): Promise<TableContent[]> {
  const inventory = createInventory(tables);
  for await (const block of readTables(connection, tables)) {
    inventory.add(block);
    onRows(block.lines.length);
  }
  return listContents(connection, tables, inventory);
}

/** @throws AppError `conflict` when a table does not hold what it should */
export function assertSame(expected: TableContent, found: Digest, verb: string): void {
  if (found.rows === expected.rows && found.checksum === expected.checksum) return;
  throw new AppError(
    'conflict',
    `${expected.name} differs: expected ${expected.rows} row(s) with checksum ${expected.checksum}, ${verb} ${found.rows} with ${found.checksum}`,
  );
}
