/**
 * The vocabulary of statements: of the schema it makes the names of tables and columns, and how a value becomes a
 * parameter. drizzle's own tables, which migrations are written from, know types, keys and indexes as well; to build them
 * would be a fifteenth of the program's start.
 */
import { type DriverValueEncoder, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Columns } from './columns.postgres.ts';
import type { Dialect } from './connection.ts';

type Encode = DriverValueEncoder<unknown, unknown>['mapToDriverValue'];

/** What drizzle writes into a statement as it stands, without parentheses. */
class Name implements SQLWrapper {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  getSQL(): SQL {
    return sql.raw(this.#text);
  }

  shouldOmitSQLParens(): boolean {
    return true;
  }
}

class ColumnName extends Name implements DriverValueEncoder<unknown, unknown> {
  readonly mapToDriverValue: Encode;

  constructor(text: string, encode: Encode) {
    super(text);
    this.mapToDriverValue = encode;
  }
}

/** Takes what the schema says of a column; no statement asks for it. */
class Column {
  readonly encode: Encode;

  constructor(encode: Encode) {
    this.encode = encode;
  }

  notNull(): this {
    return this;
  }

  default(): this {
    return this;
  }

  primaryKey(): this {
    return this;
  }

  unique(): this {
    return this;
  }

  references(): this {
    return this;
  }
}

function table(name: string, columns: Readonly<Record<string, Column>>): Name {
  const named: Record<string, ColumnName> = {};
  for (const [column, { encode }] of Object.entries(columns)) {
    named[column] = new ColumnName(`"${name}"."${column}"`, encode);
  }
  return Object.assign(new Name(`"${name}"`), named);
}

const ENCODE: Readonly<Record<Dialect, { readonly boolean: Encode; readonly time: Encode }>> = {
  postgres: { boolean: (value) => value, time: (value) => (value as Date).toISOString() },
  sqlite: { boolean: (value) => Number(value), time: (value) => (value as Date).getTime() },
};

/**
 * The vocabulary, typed as drizzle's: statements treat its tables and columns alike, which a test shows for each of them
 * (`test/db/names.test.ts`).
 */
export function namesFor(dialect: Dialect): Columns {
  const plain = () => new Column((value) => value);
  const { boolean, time } = ENCODE[dialect];
  const vocabulary = {
    table,
    ...{ id: plain, bigint: plain, integer: plain, text: plain, codePointText: plain },
    boolean: () => new Column(boolean),
    time: () => new Column(time),
  };
  return vocabulary as unknown as Columns;
}
