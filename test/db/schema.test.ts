import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { getTableName, sql } from 'drizzle-orm';
import { getTableConfig as postgresConfig } from 'drizzle-orm/pg-core';
import { type SQLiteTable, getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core';
import { contentTypes } from '../../src/contents/index.ts';
import type { Connection } from '../../src/db/connection.ts';
import { toBoolean, toInteger, toText } from '../../src/db/rows.ts';
import { schema as postgres } from '../../src/db/schema.postgres.ts';
import { schema as sqlite } from '../../src/db/schema.sqlite.ts';
import type { Schema } from '../../src/db/schema.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';

const ROOT = join(import.meta.dirname, '..', '..');

function tablesOf({ contents, ...tables }: Schema) {
  return [...Object.values(tables), ...contents.values()];
}

interface ColumnFacts {
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
  readonly isPrimary: boolean;
}

/** What a database itself says of its tables: columns, and indexes as their columns with `unique` before them. */
interface Facts {
  readonly columns: Record<string, ColumnFacts>;
  readonly indexes: string[];
}

async function readSqlite(connection: Connection, table: string): Promise<Facts> {
  const columns: Record<string, ColumnFacts> = {};
  for (const row of await connection.rows(sql`select * from pragma_table_info(${table})`)) {
    columns[toText(row.name)] = {
      isNullable: toInteger(row.notnull) === 0,
      hasDefault: row.dflt_value !== null,
      isPrimary: toInteger(row.pk) > 0,
    };
  }
  const indexes: string[] = [];
  for (const row of await connection.rows(sql`select name, "unique", origin from pragma_index_list(${table})`)) {
    if (row.origin === 'pk') continue;
    const parts = await connection.rows(sql`select name from pragma_index_info(${toText(row.name)}) order by seqno`);
    indexes.push(`${toBoolean(row.unique) ? 'unique ' : ''}${parts.map((part) => part.name).join(' ')}`);
  }
  return { columns, indexes: indexes.sort() };
}

async function readPostgres(connection: Connection, table: string): Promise<Facts> {
  const columns: Record<string, ColumnFacts> = {};
  const rows = await connection.rows(sql`
    select attname as name, attnotnull as required, atthasdef as initial,
      coalesce(attnum = any((select conkey from pg_constraint where conrelid = attrelid and contype = 'p')::smallint[]), false) as key
    from pg_attribute where attrelid = ${table}::text::regclass and attnum > 0 order by attnum`);
  for (const row of rows) {
    columns[toText(row.name)] = {
      isNullable: !toBoolean(row.required),
      hasDefault: toBoolean(row.initial),
      isPrimary: toBoolean(row.key),
    };
  }
  const indexes = await connection.rows(sql`
    select indisunique as is_unique, (select string_agg(attname, ' ' order by place) from unnest(indkey) with ordinality k(num, place)
      join pg_attribute on attrelid = indrelid and attnum = num) as columns
    from pg_index where indrelid = ${table}::text::regclass and not indisprimary`);
  return {
    columns,
    indexes: indexes.map((row) => `${toBoolean(row.is_unique) ? 'unique ' : ''}${toText(row.columns)}`).sort(),
  };
}

describe('the schema of both databases', () => {
  const databases: TestDatabase[] = [];
  beforeAll(async () => {
    for (const dialect of DIALECTS) databases.push(await createTestDatabase(dialect));
  });
  afterAll(async () => {
    for (const database of databases) await database.drop();
  });

  test('has the same tables with the same columns, defaults, keys, indexes and checks in the program', () => {
    const describeAll = (schema: Schema, config: typeof postgresConfig) =>
      tablesOf(schema).map((table) => {
        const { name, columns, indexes, foreignKeys, checks, primaryKeys } = config(table);
        return {
          name,
          columns: columns.map((column) => ({
            name: column.name,
            dataType: column.dataType,
            notNull: column.notNull || column.primary,
            // The database gives an identity its value; drizzle counts that as a default on Postgres only.
            default: column.primary ? 'key' : column.default,
            primary: column.primary,
            isUnique: column.isUnique,
          })),
          indexes: indexes.map((index) => index.config.name),
          foreignKeys: foreignKeys.map((key) => [
            key.reference().columns.map(({ name }) => name),
            getTableName(key.reference().foreignTable),
            key.onDelete,
          ]),
          checks: checks.map((check) => check.name),
          primaryKeys: primaryKeys.map((key) => key.columns.map(({ name }) => name)),
        };
      });
    const readSqliteConfig = (table: unknown) => sqliteConfig(table as SQLiteTable);
    expect(describeAll(sqlite, readSqliteConfig as unknown as typeof postgresConfig)).toEqual(
      describeAll(postgres, postgresConfig),
    );
  });

  test('has the same columns, nullability, defaults, keys and indexes in what the databases report', async () => {
    const [onSqlite, onPostgres] = databases;
    if (!onSqlite || !onPostgres) throw new Error('no databases');
    for (const table of tablesOf(postgres).map((one) => getTableName(one))) {
      const facts = await readPostgres(onPostgres.database, table);
      expect([table, await readSqlite(onSqlite.database, table)]).toEqual([table, facts]);
      expect(Object.keys(facts.columns).length).toBeGreaterThan(1);
    }
    const names = await onSqlite.database.rows(
      sql`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1`,
    );
    const same = await onPostgres.database.rows(
      sql`select tablename as name from pg_tables where schemaname = current_schema() order by 1`,
    );
    expect(names).toEqual([...same]);
  });

  test('has no change that no migration has', async () => {
    const check = Bun.spawn([process.execPath, '--no-env-file', 'drizzle/generate.ts', '--check'], {
      cwd: ROOT,
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const text = await new Response(check.stdout).text();
    expect([await check.exited, text]).toEqual([0, 'postgres: no changes\nsqlite: no changes\n']);
  });

  test('leaves room on Postgres pages of contents for counters to be updated in place', async () => {
    const [, onPostgres] = databases;
    for (const { table } of contentTypes) {
      const rows = await onPostgres?.database.rows(
        sql`select array_to_string(reloptions, ',') as reloptions from pg_class where oid = ${table}::text::regclass`,
      );
      expect(rows?.[0]?.reloptions).toBe('fillfactor=85');
    }
  });
});

describe.each(DIALECTS)('the number of rows kept for each table on %s', (dialect) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
  });
  afterAll(() => opened.drop());

  async function assertExact(expected: number): Promise<void> {
    const [row] = await opened.database.rows(
      sql`select (select count(*) from pages_page) as counted, n from row_count where table_name = 'pages_page'`,
    );
    expect([toInteger(row?.counted), toInteger(row?.n)]).toEqual([expected, expected]);
  }
  function change(
    statement: (tx: Connection, time: ReturnType<typeof sql>) => ReturnType<typeof sql>,
  ): Promise<unknown> {
    return opened.database.tx((tx) => tx.rows(statement(tx, sql`${sql.param(new Date(), tx.tables.page.updated_at)}`)));
  }

  test('is exact through single and bulk inserts, upserts, deletes, and what a transaction took back', async () => {
    await assertExact(0);
    await change((_, time) => sql`insert into pages_page (title, url, updated_at) values ('a', '', ${time})`);
    await assertExact(1);
    await change(
      (_, time) =>
        sql`insert into pages_page (id, title, url, updated_at) values (10, 'b', '', ${time}), (11, 'c', '', ${time}), (12, 'd', '', ${time})`,
    );
    await assertExact(4);
    await change(
      (
        _,
        time,
      ) => sql`insert into pages_page (id, title, url, updated_at) values (12, 'x', '', ${time}), (13, 'e', '', ${time})
      on conflict (id) do update set title = excluded.title`,
    );
    await assertExact(5);
    await change(
      (_, time) =>
        sql`insert into pages_page (id, title, url, updated_at) values (13, 'x', '', ${time}) on conflict do nothing`,
    );
    await change(() => sql`update pages_page set title = 'y'`);
    await assertExact(5);
    await change(() => sql`delete from pages_page where id in (11, 12)`);
    await assertExact(3);
    const taken = opened.database.tx(async (tx) => {
      await tx.rows(sql`delete from pages_page`);
      throw new Error('taken back');
    });
    await expect(taken).rejects.toThrow('taken back');
    await assertExact(3);
    await change(() => sql`delete from pages_page where id = 404`);
    await change(() => (dialect === 'postgres' ? sql`truncate pages_page cascade` : sql`delete from pages_page`));
    await assertExact(0);
  });

  test('is exact when many insert and delete at once', async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        await change(
          (_, time) => sql`insert into pages_page (id, title, url, updated_at) values (${100 + n}, '', '', ${time})`,
        );
        if (n % 2 === 0) await change(() => sql`delete from pages_page where id = ${100 + n}`);
      }),
    );
    await assertExact(20);
  });
});
