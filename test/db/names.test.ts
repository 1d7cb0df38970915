import { describe, expect, test } from 'bun:test';
import { type Column, getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';
import { namesFor } from '../../src/db/columns.names.ts';
import { schema as postgres } from '../../src/db/schema.postgres.ts';
import { schema as sqlite } from '../../src/db/schema.sqlite.ts';
import { buildSchema, type Schema } from '../../src/db/schema.ts';
import { writeStatement } from '../../src/db/statement.ts';
import { DIALECTS } from '../help/databases.ts';

/** What a column of each type may be given. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  number: [0, 7, Number.MAX_SAFE_INTEGER],
  string: ['', 'O’Hara "quoted" \'twice\''],
  custom: ['ß', '🎧'],
  boolean: [true, false],
  date: [new Date(0), new Date('2026-01-02T03:04:05.678Z')],
};

const DRIZZLE = {
  postgres: { schema: postgres, write: (statement: SQL) => new PgDialect().sqlToQuery(statement) },
  sqlite: { schema: sqlite, write: (statement: SQL) => new SQLiteSyncDialect().sqlToQuery(statement) },
};

function tablesOf({ contents, ...tables }: Schema) {
  return [...Object.values(tables), ...contents.values()];
}

describe.each([...DIALECTS])('statements for %s', (dialect) => {
  const { schema, write } = DRIZZLE[dialect];
  const tables = tablesOf(schema);
  const named = tablesOf(buildSchema(namesFor(dialect)));

  function expectSame(ours: SQL, theirs: SQL): void {
    const { sql: text, params } = write(theirs);
    expect(writeStatement(dialect, ours)).toMatchObject({ sql: text, params });
  }

  test.each(tables.map((table, place) => [getTableName(table), place] as const))('name %s as drizzle does', (_, at) => {
    const columns: Readonly<Record<string, Column>> = getTableColumns(tables[at] as (typeof tables)[number]);
    const names = named[at] as unknown as Readonly<Record<string, Column>> & SQL;
    expect(Object.keys(names)).toEqual(Object.keys(columns));
    expectSame(sql`select * from ${names}`, sql`select * from ${tables[at]}`);
    for (const [key, column] of Object.entries(columns)) {
      const name = names[key] as Column;
      expectSame(sql`${name} = any(${names})`, sql`${column} = any(${tables[at]})`);
      const values = VALUES[column.dataType] ?? [];
      expect(values).not.toBeEmpty();
      for (const value of [null, ...values]) {
        expectSame(sql`a = ${1} and ${sql.param(value, name)}`, sql`a = ${1} and ${sql.param(value, column)}`);
      }
    }
  });

  test('quote names and texts as drizzle does', () => {
    const statement = sql`select ${sql.identifier('a "b"')}, ${['x', 2]}, ${sql`${"it's"}`.inlineParams()}, ${sql.placeholder('p')}`;
    expectSame(statement, statement);
  });
});
