import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

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
  boolean: () => boolean(),
  /** A moment with milliseconds. */
  time: () => timestamp({ withTimezone: true, precision: 3, mode: 'date' }),
};

export type Columns = typeof columns;
