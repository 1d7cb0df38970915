/** Whole tables, read and written as lines (`db/sql_tables.ts`), in blocks: any number of rows in little memory. */
import { setImmediate } from 'node:timers/promises';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import type { TableShape } from '../db/shapes.ts';
import { insertLines, selectLargestRow, selectLines } from '../db/sql_tables.ts';

/** Some lines of a table. */
export interface Block {
  readonly table: TableShape;
  readonly lines: readonly string[];
}

export const BLOCK_ROWS_MAX = 5000;
/** Of the texts in a block; a row that has more is a block of its own. */
export const BLOCK_BYTES_MAX = 32 * 1024 * 1024;

/** Every line of the tables, table by table. Nobody may write to them meanwhile: read in a snapshot, or alone. */
export async function* readTables(connection: Connection, tables: readonly TableShape[]): AsyncGenerator<Block> {
  for (const table of tables) yield* readTable(connection, table);
}

async function* readTable(connection: Connection, table: TableShape): AsyncGenerator<Block> {
  const [largest] = await connection.rows(selectLargestRow(table));
  const rowsMax = Math.floor(BLOCK_BYTES_MAX / Math.max(1, toInteger(largest?.bytes ?? 0)));
  const limit = Math.min(BLOCK_ROWS_MAX, Math.max(1, rowsMax));
  for (let after: (string | number)[] | undefined; ; ) {
    const rows = await connection.rows(selectLines(connection.dialect, table, after, limit));
    // SQLite answers at once: without this nothing else, not even a signal, would be heard before the last row.
    await setImmediate();
    const lines = rows.map((row) => toText(row.line));
    const last = lines.at(-1);
    if (last === undefined) return;
    yield { table, lines };
    if (lines.length < limit) return;
    after = keyOf(table, last);
  }
}

function keyOf({ columns, key }: TableShape, line: string): (string | number)[] {
  const values: unknown = JSON.parse(line);
  return key.map((name) => {
    const place = columns.findIndex((column) => column.name === name);
    const value: unknown = Array.isArray(values) ? values[place] : undefined;
    if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`no key ${name} in a line`);
    return value;
  });
}

/** @throws AppError `conflict` for a row that is there already */
export async function writeLines(tx: Connection, { table, lines }: Block): Promise<void> {
  await tx.rows(insertLines(tx.dialect, table, lines));
}

/** The same blocks; the next one is asked for before it is wanted, so that a server is at work meanwhile. */
export async function* readAhead(blocks: AsyncIterable<Block>): AsyncGenerator<Block> {
  const iterator = blocks[Symbol.asyncIterator]();
  for (let next = iterator.next(); ; ) {
    const { done, value } = await next;
    if (done === true) return;
    next = iterator.next();
    // Whoever goes on hears of it; whoever has stopped need not.
    next.catch(() => {});
    yield value;
  }
}
