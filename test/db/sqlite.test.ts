import { Database as SqliteFile } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toInteger } from '../../src/db/rows.ts';
import { createFolder } from '../help/databases.ts';

/** How late a timer may be on a busy machine; a wait on the thread would make it the whole time of the lock. */
const TIMER_LATE_MS_MAX = 1000;

describe('an SQLite database', () => {
  const folder = createFolder();
  const path = join(folder.path, 'made', 'deeper', 'hub.db');
  let database: Database;

  beforeAll(async () => {
    await migrate({ dialect: 'sqlite', path });
    database = openDatabase({ dialect: 'sqlite', path });
  });
  afterAll(async () => {
    await database.close();
    folder.remove();
  });

  function insertGroup(into: Database, name: string): Promise<unknown> {
    return into.tx((tx) => tx.rows(sql`insert into auth_group (name) values (${name})`));
  }
  async function pragma(name: string): Promise<unknown> {
    const [row] = await database.tx((tx) => tx.rows(sql.raw(`pragma ${name}`)));
    return Object.values(row ?? {})[0];
  }

  test('is readable by its owner only, with its folders and side files', async () => {
    await insertGroup(database, 'modes');
    const mode = (name: string) => (statSync(name).mode & 0o777).toString(8);
    expect([path, `${path}-wal`, `${path}-shm`].map(mode)).toEqual(['600', '600', '600']);
    expect([join(path, '..'), join(path, '..', '..')].map(mode)).toEqual(['700', '700']);
  });

  test('writes ahead, enforces foreign keys and waits for the disk', async () => {
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('foreign_keys')).toBe(1);
    expect(await pragma('busy_timeout')).toBe(0);
    expect(await pragma('synchronous')).toBe(2);
  });

  test('does not wait for the disk for view batches, and does again for the next edit', async () => {
    const read = (durability: 'full' | 'relaxed') =>
      database.tx((tx) => tx.rows(sql`pragma synchronous`), { durability }).then(([row]) => row?.synchronous);
    expect([await read('relaxed'), await read('relaxed'), await read('full')]).toEqual([1, 1, 2]);
  });

  test('runs transactions one after another, in the order they were asked for', async () => {
    const order: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        database.tx(async () => {
          order.push(`${name} begins`);
          await Bun.sleep(5);
          order.push(`${name} ends`);
        }),
      ),
    );
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  test("another process's write lock of 4 s holds up neither reads nor timers, and the write succeeds after it", async () => {
    const outside = new SqliteFile(path);
    outside.run('begin immediate');
    setTimeout(() => {
      outside.run('commit');
      outside.close();
    }, 4000);
    const began = performance.now();
    const write = insertGroup(database, 'locked').then(() => performance.now() - began);
    let latest = 0;
    let slowestRead = 0;
    for (let last = performance.now(); performance.now() - began < 3500; last = performance.now()) {
      await Bun.sleep(20);
      latest = Math.max(latest, performance.now() - last);
      const asked = performance.now();
      await database.rows(sql`select 1`);
      slowestRead = Math.max(slowestRead, performance.now() - asked);
    }
    expect(Math.max(latest, slowestRead)).toBeLessThan(TIMER_LATE_MS_MAX);
    expect(await write).toBeGreaterThan(3900);
    const [row] = await database.rows(sql`select count(*) as n from auth_group where name = 'locked'`);
    expect(toInteger(row?.n)).toBe(1);
  });

  test('a lock of more than 5 s makes the write unavailable, and closing does not wait for it', async () => {
    const outside = new SqliteFile(path);
    outside.run('begin immediate');
    const error = await insertGroup(database, 'never').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('locked for 5 s') });
    const other = openDatabase({ dialect: 'sqlite', path });
    const late = insertGroup(other, 'never').catch((reason: unknown) => reason);
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(TIMER_LATE_MS_MAX);
    expect(await late).toMatchObject({ kind: 'unavailable' });
    outside.run('rollback');
    outside.close();
    await insertGroup(database, 'free again');
  });

  test('a file that was replaced or removed takes no writes: they would be gone with the process', async () => {
    for (const change of [
      (place: string) => rmSync(place),
      (place: string) => {
        copyFileSync(place, `${place}.copy`);
        renameSync(`${place}.copy`, place);
      },
    ]) {
      const place = join(folder.path, `${crypto.randomUUID()}.db`);
      await migrate({ dialect: 'sqlite', path: place });
      const replaced = openDatabase({ dialect: 'sqlite', path: place });
      await insertGroup(replaced, 'before');
      change(place);
      await expect(insertGroup(replaced, 'after')).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('replaced or removed'),
      });
      await replaced.close();
    }
  });

  test('a symbolic link that leads elsewhere by now takes no writes, whether there was one before or not', async () => {
    for (const isFolder of [false, true]) {
      for (const hasWritten of [false, true]) {
        const [one, other] = [join(folder.path, crypto.randomUUID()), join(folder.path, crypto.randomUUID())];
        for (const each of [one, other]) await migrate({ dialect: 'sqlite', path: join(each, 'hub.db') });
        const link = join(folder.path, crypto.randomUUID());
        const targetIn = (each: string) => (isFolder ? each : join(each, 'hub.db'));
        symlinkSync(targetIn(one), link);
        const path = isFolder ? join(link, 'hub.db') : link;
        const switched = openDatabase({ dialect: 'sqlite', path });
        if (hasWritten) await insertGroup(switched, 'before');
        rmSync(link);
        symlinkSync(targetIn(other), link);
        await expect(insertGroup(switched, 'after')).rejects.toMatchObject({
          kind: 'unavailable',
          message: expect.stringContaining('replaced or removed'),
        });
        await switched.close();
      }
    }
  });

  test('a file that is none, or cannot be written, is unavailable and named', async () => {
    const none = join(folder.path, 'none.db');
    await Bun.write(none, 'this is not a database, whatever its name says'.repeat(100));
    expect(() => openDatabase({ dialect: 'sqlite', path: none })).toThrow('the file is not an SQLite database');
    expect(() => openDatabase({ dialect: 'sqlite', path: folder.path })).toThrow(
      `cannot open the database ${folder.path}`,
    );
    expect(() => openDatabase({ dialect: 'sqlite', path: join(none, 'below.db') })).toThrow('cannot open the database');
  });

  test('a file that was made for other texts is refused', () => {
    const wide = join(folder.path, 'wide.db');
    const file = new SqliteFile(wide);
    file.run("PRAGMA encoding = 'UTF-16'");
    file.run('CREATE TABLE t (title TEXT)');
    file.close();
    expect(() => openDatabase({ dialect: 'sqlite', path: wide })).toThrow(
      /its texts are stored in UTF-16\w+, and must/,
    );
  });

  test('takes a statement of as many parameters as one may have', async () => {
    const names = Array.from({ length: 32_766 }, (_, n) => sql`${n}`);
    const rows = await database.rows(
      sql`select count(*) as n from auth_group where id in (${sql.join(names, sql`, `)})`,
    );
    expect(toInteger(rows[0]?.n)).toBeGreaterThan(0);
  });
});
