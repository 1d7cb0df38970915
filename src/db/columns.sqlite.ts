import { check, customType, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Columns } from './columns.postgres.ts';

const codePointText = customType<{ data: string }>({ dataType: () => 'text' });

const vocabulary = {
  table: sqliteTable,
  index,
  uniqueIndex,
  check,
  primaryKey,
  // AUTOINCREMENT: without it SQLite gives a deleted id to the next row, and late views would land on a stranger.
  id: () => integer({ mode: 'number' }).primaryKey({ autoIncrement: true }),
  bigint: () => integer({ mode: 'number' }),
  integer: () => integer({ mode: 'number' }),
  text: () => text(),
  codePointText: () => codePointText(),
  boolean: () => integer({ mode: 'boolean' }),
  time: () => integer({ mode: 'timestamp_ms' }),
} satisfies Record<keyof Columns, unknown>;

/**
 * SQLite's side of the vocabulary, typed as Postgres: drizzle has no type that covers both, and the builders used here have
 * the same methods at run time (the parity test compares what they make).
 */
export const columns = vocabulary as unknown as Columns;
