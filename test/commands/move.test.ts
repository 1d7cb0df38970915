import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Dialect } from '../../src/db/connection.ts';
import { migrate, readSchemaState } from '../../src/db/migrate.ts';
import { createEmptyDatabase, createFolder, createTestDatabase, DIALECTS } from '../help/databases.ts';
import { REMOVED_PAGE_ID } from '../help/full_hub.ts';
import { SOURCE, startProgram } from '../help/program.ts';
import { createFull, enlarge, failure, inspect, killOften, look, makePage, run, succeed } from './copying.ts';

// Postgres's programs, databases made and removed for each look, and processes killed again and again.
setDefaultTimeout(300_000);
const WAYS = DIALECTS.flatMap((from) => DIALECTS.map((to): [Dialect, Dialect] => [from, to]));

/** Lines of `table  rows  checksum`. */
const checksums = (printed: string) => printed.split('\n').filter((line) => / [0-9a-f]{16}$/.test(line));

describe.each(WAYS)('move from %s to %s', (from, to) => {
  test('copies everything to the last character, and back again', async () => {
    const [full, other, back] = [
      await createFull(from),
      await createEmptyDatabase(to),
      await createEmptyDatabase(from),
    ];
    const before = await inspect(full);
    const there = await succeed(full, ['move', '--to', other.url]);
    expect(await inspect(other)).toEqual(before);
    expect(await inspect(full)).toEqual(before);
    const again = await succeed(other, ['move', '--to', back.url]);
    expect(await inspect(back)).toEqual(before);
    expect(checksums(there).length).toBeGreaterThan(10);
    expect(checksums(again)).toEqual(checksums(there));
    expect(there).not.toContain('@');
    expect(await makePage(other)).toBe(REMOVED_PAGE_ID + 1);
    for (const target of [full, other, back]) await target.drop();
  });

  test('killed at any moment leaves nothing that a hub would take for whole, and goes well when it is run again', async () => {
    const [full, other] = [await createFull(from), await createEmptyDatabase(to)];
    await enlarge(full);
    const before = await inspect(full);
    const kills = await killOften(full, ['move', '--to', other.url], async () => {
      if (to === 'sqlite' && !existsSync(other.url.slice('sqlite:'.length))) return false;
      const { state } = await look(other, readSchemaState);
      if (state === 'behind') expect(await look(other, (database) => database.rows(countTables(to)))).toEqual([]);
      else expect(await inspect(other)).toEqual(before);
      return state !== 'behind';
    });
    expect(kills).toBeGreaterThan(0);
    expect(await inspect(other)).toEqual(before);
    expect(await inspect(full)).toEqual(before);
    await full.drop();
    await other.drop();
  });
});

function countTables(dialect: Dialect) {
  return dialect === 'sqlite'
    ? sql`select name from sqlite_master`
    : sql`select tablename as name from pg_tables where schemaname = 'public'`;
}

describe.each(DIALECTS)('move from %s', (dialect) => {
  test('is refused while a hub uses the one or the other', async () => {
    const [full, other] = [await createFull(dialect), await createTestDatabase(dialect)];
    await other.database.close();
    for (const used of [full, other]) {
      const hub = await startProgram(SOURCE, [], { settings: { DATABASE_URL: used.url } });
      try {
        expect(await failure(full, ['move', '--to', other.url])).toMatch(/ is in use\b.*stop the hub/);
      } finally {
        await hub.end('SIGTERM');
      }
    }
    await succeed(full, ['move', '--to', other.url]);
    expect((await inspect(other)).user).toHaveLength(3);
    await full.drop();
    await other.drop();
  });

  test('is refused into a database that holds anything', async () => {
    const [full, other, foreign] = [
      await createFull(dialect),
      await createFull(dialect),
      await createEmptyDatabase(dialect),
    ];
    await look(foreign, (database) => database.tx((tx) => tx.rows(sql`create table wine (year integer)`)));
    expect(await failure(full, ['move', '--to', other.url])).toEndWith(
      ' is not empty (there are rows in pages_page): name an empty database',
    );
    expect(await failure(full, ['move', '--to', foreign.url])).toMatch(/ holds tables of something else \(wine\)/);
    for (const target of [full, other, foreign]) await target.drop();
  });

  test('is refused before the migrations', async () => {
    const [old, other] = [await createEmptyDatabase(dialect), await createEmptyDatabase(dialect)];
    const { migrations } = await import('../../drizzle/embedded.ts');
    await migrate(old.address, () => {}, { ...migrations, [dialect]: migrations[dialect].slice(0, 2) });
    expect(await failure(old, ['move', '--to', other.url])).toContain('run contenthub migrate first');
    expect(await look(other, (database) => database.rows(countTables(dialect)))).toEqual([]);
    await old.drop();
    await other.drop();
  });

  test('reads where to from a file', async () => {
    const [full, other, folder] = [await createFull(dialect), await createEmptyDatabase(dialect), createFolder()];
    writeFileSync(join(folder.path, 'url'), `${other.url}\n`);
    await succeed(full, ['move', '--to-file', join(folder.path, 'url')]);
    expect(await inspect(other)).toEqual(await inspect(full));
    await full.drop();
    await other.drop();
    folder.remove();
  });
});

describe('move', () => {
  const source = { url: 'sqlite:/nonexistent/hub.db' };
  test.each([
    [['move'], 'move: name the database to move to, with --to DATABASE_URL or --to-file FILE'],
    [
      ['move', '--to', 'a', '--to-file', 'b'],
      'move: name the database to move to, with --to DATABASE_URL or --to-file FILE',
    ],
    [
      ['move', '--to', 'mysql://u:s3cret@h/d'],
      'move: --to: expected sqlite:PATH or postgres://…, got the scheme "mysql:"',
    ],
    [
      ['move', '--to', 'sqlite:/nonexistent/../nonexistent/hub.db'],
      'move: sqlite:/nonexistent/../nonexistent/hub.db is where the hub is already',
    ],
    [['move', '--to-file', '/nonexistent'], "move: --to-file: ENOENT: no such file or directory, open '/nonexistent'"],
  ])('%j is wrong usage', async (args, sentence) => {
    const { code, stdout, stderr } = await run(source, args);
    expect([code, stdout, stderr]).toEqual([2, '', `contenthub: ${sentence}\n`]);
  });

  test('of a database that is not there is refused', async () => {
    expect(await failure(source, ['move', '--to', 'sqlite:/nonexistent/other.db'])).toContain('there is no database');
  });

  test('to a server that is away says so without the password', async () => {
    const full = await createFull('sqlite');
    const said = await failure(full, ['move', '--to', 'postgres://u:s3cret@127.0.0.1:1/d']);
    expect(said).toContain('the database is not available');
    expect(said).not.toContain('s3cret');
    await full.drop();
  });
});
