import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { migrations } from '../../drizzle/embedded.ts';
import { video } from '../../src/contents/video.ts';
import type { Connection, Database } from '../../src/db/connection.ts';
import { migrate, readSchemaState } from '../../src/db/migrate.ts';
import { type DatabaseAddress, openDatabase } from '../../src/db/open.ts';
import { toInteger, toText } from '../../src/db/rows.ts';
import { findTable } from '../../src/db/sql.ts';
import { createContent } from '../../src/store/contents.ts';
import { createPage, removePage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createEmptyDatabase, DIALECTS } from '../help/databases.ts';
import { laterMigrations } from './later_migrations.ts';

/** The program's own migrations, and two that a later version would have. */
const OWN = migrations.postgres.map(({ tag }) => tag);
const LATER = ['9998_later', '9999_last'];
const TAGS = [...OWN, ...LATER];
const URL = 'https://example.org/';

/** Starts a process that migrates, and waits until it is in the middle of it. */
async function startSlowly(address: DatabaseAddress, pauseMs: number) {
  const child = Bun.spawn(
    [
      process.execPath,
      '--no-env-file',
      join(import.meta.dirname, 'migrate_slowly.ts'),
      JSON.stringify(address),
      `${pauseMs}`,
    ],
    { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' },
  );
  const lines = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!text.includes('in the middle\n')) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`the process ended: ${text}`);
    text += decoder.decode(value);
  }
  return { kill: () => child.kill('SIGKILL'), exited: child.exited };
}

describe.each(DIALECTS)('migrating on %s', (dialect) => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  });

  async function createEmpty(): Promise<{ address: DatabaseAddress; open(): Database }> {
    const { address, drop } = await createEmptyDatabase(dialect);
    cleanups.push(drop);
    return {
      address,
      open() {
        const database = openDatabase(address);
        cleanups.push(() => database.close());
        return database;
      },
    };
  }
  async function hasTable(connection: Connection, name: string): Promise<boolean> {
    return (await connection.rows(findTable(dialect, name))).length > 0;
  }
  async function countPages(connection: Connection): Promise<number[]> {
    const [row] = await connection.rows(sql`select count(*) as n from pages_page`);
    const [kept] = await connection.rows(sql`select n from row_count where table_name = 'pages_page'`);
    return [toInteger(row?.n), toInteger(kept?.n)];
  }

  test('applies what is pending, once, and says how program and database relate', async () => {
    const { address, open } = await createEmpty();
    const known = laterMigrations();
    expect(await readSchemaState(open())).toEqual({ state: 'behind', pending: OWN, unknown: [] });
    expect(await migrate(address)).toEqual(OWN);
    expect(await migrate(address)).toEqual([]);
    const database = open();
    expect(await readSchemaState(database)).toEqual({ state: 'current', pending: [], unknown: [] });
    expect(await readSchemaState(database, known)).toEqual({ state: 'behind', pending: LATER, unknown: [] });
    expect(await migrate(address, () => {}, known)).toEqual(LATER);
    expect(await readSchemaState(database)).toEqual({ state: 'ahead', pending: [], unknown: LATER });
  });

  test('a database that a newer version migrated is refused and left alone', async () => {
    const { address, open } = await createEmpty();
    await migrate(address, () => {}, laterMigrations());
    await expect(migrate(address)).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(LATER.join(', ')),
    });
    const rows = await open().rows(sql`select tag from schema_migration order by tag`);
    expect(rows.map((row) => toText(row.tag))).toEqual(TAGS);
  });

  test('a statement that fails leaves the database as it was', async () => {
    const { address, open } = await createEmpty();
    await migrate(address);
    const broken = laterMigrations(() => {
      throw new Error('broken');
    });
    await expect(migrate(address, () => {}, broken)).rejects.toThrow('broken');
    const database = open();
    expect(await hasTable(database, 'later')).toBe(false);
    expect((await readSchemaState(database)).state).toBe('current');
  });

  test('killed in the middle, it has done nothing; the next start does all of it', async () => {
    const { address, open } = await createEmpty();
    const slow = await startSlowly(address, 60_000);
    slow.kill();
    await slow.exited;
    const database = open();
    for (const name of ['pages_page', 'later', 'schema_migration'])
      expect([name, await hasTable(database, name)]).toEqual([name, false]);
    expect(await migrate(address, () => {}, laterMigrations())).toEqual(TAGS);
    expect(await hasTable(database, 'last_one')).toBe(true);
  });

  test('of two at once the second says that it waits, and then finds nothing to do', async () => {
    const { address } = await createEmpty();
    const slow = await startSlowly(address, 700);
    let waits = 0;
    const applied = await migrate(
      address,
      () => {
        waits += 1;
      },
      laterMigrations(),
    );
    expect([applied, waits]).toEqual([[], 1]);
    expect(await slow.exited).toBe(0);
  });

  test('many at once on a new database all succeed, and one of them does the work', async () => {
    const { address } = await createEmpty();
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => migrate(address)));
    expect(outcomes.flat()).toEqual(OWN);
  });

  test('a later migration keeps rows, children, triggers, defaults and used ids of a populated database', async () => {
    const { address, open } = await createEmpty();
    await migrate(address);
    const database = open();
    const kept = await database.tx(async (tx) => {
      const content = await createContent(tx, TESTER, video, { title: 'Film', file_url: URL });
      const pages: number[] = [];
      for (let n = 0; n < 50; n++) {
        pages.push(
          await createPage(tx, TESTER, { title: `Page ${n}`, url: URL }, [{ label: video.label, id: content }]),
        );
      }
      const last = pages.pop() ?? 0;
      await removePage(tx, TESTER, last);
      return { pages, last };
    });
    await migrate(address, () => {}, laterMigrations());

    const [links] = await database.rows(sql`select count(*) as n from pages_pagecontent`);
    expect(toInteger(links?.n)).toBe(49);
    expect(await countPages(database)).toEqual([49, 49]);
    const created = await database.tx((tx) => createPage(tx, TESTER, { title: 'After', url: URL }));
    expect(created).toBeGreaterThan(kept.last);
    expect(await countPages(database)).toEqual([50, 50]);
    await database.tx((tx) => removePage(tx, TESTER, kept.pages[0] ?? 0));
    expect(await countPages(database)).toEqual([49, 49]);
    const [after] = await database.rows(sql`select count(*) as n from pages_pagecontent`);
    expect(toInteger(after?.n)).toBe(48);
    const [initial] = await database.tx((tx) =>
      tx.rows(
        sql`insert into pages_page (url, updated_at) values ('', ${sql.param(new Date(), tx.tables.page.updated_at)}) returning title`,
      ),
    );
    expect(initial?.title).toBe('');
  });

  test('a migration that would break a foreign key is refused', async () => {
    const { address, open } = await createEmpty();
    await migrate(address);
    const database = open();
    await database.tx(async (tx) => {
      const content = await createContent(tx, TESTER, video, { title: 'Film', file_url: URL });
      await createPage(tx, TESTER, { title: 'Page', url: URL }, [{ label: video.label, id: content }]);
    });
    const breaking = [...migrations[dialect], { tag: '0001_breaking', sql: 'DROP TABLE pages_page' }];
    await expect(migrate(address, () => {}, { ...migrations, [dialect]: breaking })).rejects.toBeInstanceOf(Error);
    expect(await countPages(database)).toEqual([1, 1]);
  });
});
