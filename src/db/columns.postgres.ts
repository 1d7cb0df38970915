import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

const codePointText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

/**
 * The vocabulary the one schema is written in. `columns.sqlite.ts` has the same names; a parity test compares what
 * the two make of the schema.
 */
export const columns = {
  table: pgTable,
  index,
  uniqueIndex,
  check,
  primaryKey,
  /** A 64-bit id the database assigns and never gives out twice; explicit values (fixtures) are accepted. */
  id: () => bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
  bigint: () => bigint({ mode: 'number' }),
  integer: () => integer(),
  text: () => text(),
  /** A text that compares and sorts by its code points, whatever the locale of the database. */
  codePointText: () => codePointText(),
  boolean: () => boolean(),
  /** A moment with milliseconds. */
  time: () => timestamp({ withTimezone: true, precision: 3, mode: 'date' }),
};

export type Columns = typeof columns;
