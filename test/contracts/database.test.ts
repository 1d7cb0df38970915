import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import type { Connection, Database, Row } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toBoolean, toDate, toInteger, toText } from '../../src/db/rows.ts';
import { deferForeignKeys } from '../../src/db/sql.ts';
import { asBytes } from '../../src/db/sql_json.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';

const now = new Date('2026-02-03T04:05:06.789Z');

/** What a promise was refused with. */
async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'not refused',
    (error: unknown) => error,
  );
}

describe.each(DIALECTS)('a database on %s', (dialect) => {
  let opened: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
    database = opened.database;
  });
  afterAll(() => opened.drop());

  function insertGroup(connection: Connection, name: string): Promise<Row[]> {
    return connection.rows(sql`insert into auth_group (name) values (${name}) returning id`);
  }
  async function groupNames(connection: Connection, prefix: string): Promise<string[]> {
    const rows = await connection.rows(sql`select name from auth_group where name like ${`${prefix}%`} order by id`);
    return rows.map((row) => toText(row.name));
  }
  function insertPage(connection: Connection, title: string, version = 1, updatedAt = now): Promise<Row[]> {
    const { page } = connection.tables;
    return connection.rows(sql`
      insert into ${page} (title, url, version, updated_at)
      values (${title}, 'https://example.org/', ${version}, ${sql.param(updatedAt, page.updated_at)}) returning id`);
  }

  describe('a transaction', () => {
    test('stores everything at its end and returns what its work returned', async () => {
      const result = await database.tx(async (tx) => {
        await insertGroup(tx, 'both 1');
        await Bun.sleep(1);
        await insertGroup(tx, 'both 2');
        return 'done';
      });
      expect(result).toBe('done');
      expect(await groupNames(database, 'both')).toEqual(['both 1', 'both 2']);
    });

    test('stores nothing when its work throws before the first await, between statements, or rejects', async () => {
      const error = new Error('mine');
      const works: ((tx: Connection) => Promise<unknown>)[] = [
        () => {
          throw error;
        },
        async (tx) => {
          await insertGroup(tx, 'thrown 1');
          throw error;
        },
        async (tx) => {
          await insertGroup(tx, 'thrown 2');
          await Bun.sleep(1);
          return Promise.reject(error);
        },
      ];
      for (const work of works) expect(await refusal(database.tx(work))).toBe(error);
      expect(await groupNames(database, 'thrown')).toEqual([]);
    });

    test('stores nothing when a statement breaks a constraint', async () => {
      const work = database.tx(async (tx) => {
        await insertGroup(tx, 'twice');
        await insertGroup(tx, 'twice');
      });
      expect(await refusal(work)).toMatchObject({
        kind: 'conflict',
        fields: { name: ['This value is taken already.'] },
      });
      expect(await groupNames(database, 'twice')).toEqual([]);
    });

    test('stores nothing when its work swallowed the error of a statement', async () => {
      const work = database.tx(async (tx) => {
        await insertGroup(tx, 'swallowed');
        await insertGroup(tx, 'swallowed').catch(() => {});
      });
      expect(await refusal(work)).toMatchObject({ kind: 'conflict' });
      expect(await groupNames(database, 'swallowed')).toEqual([]);
    });

    test('stores nothing when a statement fails that nobody waited for', async () => {
      const work = database.tx(async (tx) => {
        await insertGroup(tx, 'unawaited');
        insertGroup(tx, 'unawaited').catch(() => {});
      });
      expect(await refusal(work)).toBeInstanceOf(Error);
      expect(await groupNames(database, 'unawaited')).toEqual([]);
    });

    test('stores nothing when its COMMIT is refused', async () => {
      const work = database.tx(async (tx) => {
        await tx.rows(deferForeignKeys(tx.dialect));
        await insertGroup(tx, 'late');
        await tx.rows(sql`insert into pages_pagecontent (page_id, content_type, object_id) values (404, 'x.y', 1)`);
      });
      expect(await refusal(work)).toMatchObject({ kind: 'conflict' });
      expect(await groupNames(database, 'late')).toEqual([]);
      await database.tx((tx) => insertGroup(tx, 'late again'));
      expect(await groupNames(database, 'late')).toEqual(['late again']);
    });

    test('shows its rows to itself, and to others only after the commit', async () => {
      const seen: string[][] = [];
      await database.tx(async (tx) => {
        await insertGroup(tx, 'hidden');
        seen.push(await groupNames(tx, 'hidden'), await groupNames(database, 'hidden'));
      });
      seen.push(await groupNames(database, 'hidden'));
      expect(seen).toEqual([['hidden'], [], ['hidden']]);
    });

    test('refuses to nest, instead of waiting for itself', async () => {
      const nested = database.tx(() => database.tx(async () => {}));
      expect(await refusal(nested)).toMatchObject({ message: expect.stringContaining('do not nest') });
      const snapshot = database.snapshot(() => database.tx(async () => {})).catch((error: unknown) => error);
      expect(await Promise.race([snapshot, Bun.sleep(2000).then(() => 'hangs')])).not.toBe('hangs');
      // What a transaction started and did not wait for may use a transaction of its own afterwards.
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      await database.tx(async () => {
        setTimeout(() => database.tx((tx) => insertGroup(tx, 'afterwards')).then(() => resolve(), reject), 20);
      });
      await promise;
      expect(await groupNames(database, 'afterwards')).toEqual(['afterwards']);
    });

    test('refuses statements that come after its end', async () => {
      let kept: Connection | undefined;
      await database.tx(async (tx) => {
        kept = tx;
      });
      if (kept === undefined) throw new Error('no connection');
      const late = kept;
      expect(await refusal(insertGroup(late, 'too late'))).toMatchObject({
        message: expect.stringContaining('after the end'),
      });
      await database.tx(async (tx) => {
        await insertGroup(tx, 'too late, mine');
        expect(await refusal(insertGroup(late, 'too late'))).toMatchObject({
          message: expect.stringContaining('after the end'),
        });
      });
      expect(await groupNames(database, 'too late')).toEqual(['too late, mine']);
    });

    test('runs beside hundreds of others, each whole', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 300 }, (_, n) =>
          database
            .tx(async (tx) => {
              await insertGroup(tx, `many ${n} a`);
              if (n % 3 === 0) throw new Error('every third');
              await insertGroup(tx, `many ${n} b`);
            })
            .then(
              () => true,
              () => false,
            ),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(200);
      expect(await groupNames(database, 'many')).toHaveLength(400);
    });
  });

  test('a snapshot sees one moment and does not hold up writers', async () => {
    await database.snapshot(async (connection) => {
      expect(await groupNames(connection, 'snapshot')).toEqual([]);
      // Through another pool, as another request would: transactions do not start inside of a snapshot's work.
      const other = openDatabase(opened.address);
      await other.tx((tx) => insertGroup(tx, 'snapshot'));
      await other.close();
      expect(await groupNames(connection, 'snapshot')).toEqual([]);
    });
    expect(await groupNames(database, 'snapshot')).toEqual(['snapshot']);
    expect(await refusal(database.snapshot((connection) => insertGroup(connection, 'snapshot 2')))).toBeInstanceOf(
      Error,
    );
  });

  test('a broken unique key is a conflict naming the field, a broken foreign key a conflict', async () => {
    await database.tx((tx) => insertGroup(tx, 'unique'));
    const unique = await refusal(database.tx((tx) => insertGroup(tx, 'unique')));
    expect(unique).toMatchObject({ kind: 'conflict', message: 'name: this value is taken already.' });
    const foreign = database.tx((tx) =>
      tx.rows(sql`insert into pages_pagecontent (page_id, content_type, object_id) values (404, 'x.y', 1)`),
    );
    expect(await refusal(foreign)).toMatchObject({ kind: 'conflict' });
  });

  test('integers are exact up to 2^53−1, and beyond refused on the way in and out', async () => {
    const rows = await database.tx((tx) => insertPage(tx, 'largest', INTEGER_MAX));
    const id = toInteger(rows[0]?.id);
    const [row] = await database.rows(sql`select version from pages_page where id = ${id}`);
    expect(toInteger(row?.version)).toBe(9_007_199_254_740_991);
    for (const beyond of [INTEGER_MAX + 1, -INTEGER_MAX - 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await refusal(database.tx((tx) => insertPage(tx, 'beyond', beyond)))).toBeInstanceOf(RangeError);
    }
    await database.tx((tx) => tx.rows(sql`update pages_page set version = version + 2 where id = ${id}`));
    const [larger] = await database.rows(sql`select version from pages_page where id = ${id}`);
    expect(() => toInteger(larger?.version)).toThrow(RangeError);
    expect(() => toInteger(null)).toThrow(RangeError);
  });

  test('moments keep their milliseconds, truths are booleans', async () => {
    await database.tx(async (tx) => {
      const { user } = tx.tables;
      for (const [name, truth] of [
        ['yes', true],
        ['no', false],
      ] as const) {
        await tx.rows(sql`insert into ${user} (username, password, is_active, date_joined)
          values (${name}, '', ${sql.param(truth, user.is_active)}, ${sql.param(now, user.date_joined)})`);
      }
    });
    const rows = await database.rows(
      sql`select username, is_active, is_staff, date_joined, last_login from auth_user order by id`,
    );
    expect(
      rows.map((row) => [row.username, toBoolean(row.is_active), toBoolean(row.is_staff), toDate(row.date_joined)]),
    ).toEqual([
      ['yes', true, false, now],
      ['no', false, false, now],
    ]);
    expect(rows[0]?.last_login).toBeNull();
  });

  test('texts come back as they were, whatever their script; a NUL is refused', async () => {
    const texts = [
      'Привет, мир',
      '🎬👩🏽‍🚀',
      'שלום عربى',
      '\u200b\u202e|',
      'a\'b"c\\d%_$1?:x',
      '\n\t',
      '𝄞'.repeat(1000),
      '--> ;',
    ];
    for (const text of texts) {
      const rows = await database.tx((tx) => insertPage(tx, text));
      const [row] = await database.rows(sql`select title from pages_page where id = ${toInteger(rows[0]?.id)}`);
      expect(toText(row?.title)).toBe(text);
    }
    expect(await refusal(database.tx((tx) => insertPage(tx, 'a\0b')))).toMatchObject({ kind: 'invalid' });
    expect(await refusal(database.rows(sql`select ${'a\0b'} as text`))).toMatchObject({ kind: 'invalid' });
  });

  test('a prepared statement takes other values each time, also one after an error', async () => {
    const divide = database.prepare(
      () =>
        sql`select title from pages_page where title = ${sql.placeholder('title')} or title = ${sql.placeholder('title')} limit ${sql.placeholder('limit')}`,
    );
    await database.tx(async (tx) => {
      await insertPage(tx, 'prepared 1');
      await insertPage(tx, 'prepared 2');
    });
    for (const title of ['prepared 1', 'prepared 2', 'prepared 3', 'prepared 1']) {
      const rows = await divide({ title, limit: 5 });
      expect(rows.map((row) => row.title)).toEqual(title === 'prepared 3' ? [] : [title]);
      expect(await refusal(divide({ title: 'a\0', limit: 1 }))).toBeInstanceOf(Error);
    }
    const inside = await database.tx((tx) => {
      const count = tx.prepare(
        () => sql`select count(*) as n from pages_page where title = ${sql.placeholder('title')}`,
      );
      return Promise.all([count({ title: 'prepared 1' }), count({ title: 'nowhere' })]);
    });
    expect(inside.map(([row]) => toInteger(row?.n))).toEqual([1, 0]);
  });

  test('texts are read as bytes: all scripts, none, and no value at all, also in a transaction', async () => {
    const build = () =>
      sql`select ${asBytes(dialect, sql`title`)}, ${asBytes(dialect, sql`''`)}, ${asBytes(dialect, sql`cast(null as text)`)}
        from pages_page where title = ${sql.placeholder('title')}`;
    const read = database.prepareBytes(build);
    for (const title of ['bytes: Привет, “мир”\u2028 𝄞', 'bytes', 'b'.repeat(100_000)]) {
      await database.tx((tx) => insertPage(tx, title));
      const [row, ...others] = await read({ title });
      const texts = row?.map((bytes) => bytes && new TextDecoder().decode(bytes));
      expect([texts, others]).toEqual([[title, '', null], []]);
      expect(await database.tx((tx) => tx.prepareBytes(build)({ title }))).toEqual([row ?? []]);
      expect(await refusal(read({ title: 'a\0' }))).toMatchObject({ kind: 'invalid' });
    }
    expect(await read({ title: 'bytes of nothing' })).toEqual([]);
  });

  test('an id that was removed is not given out again', async () => {
    const first = await database.tx((tx) => insertPage(tx, 'first'));
    await database.tx((tx) => tx.rows(sql`delete from pages_page where id = ${toInteger(first[0]?.id)}`));
    const second = await database.tx((tx) => insertPage(tx, 'second'));
    expect(toInteger(second[0]?.id)).toBeGreaterThan(toInteger(first[0]?.id));
    await database.tx((tx) => tx.rows(sql`delete from pages_page`));
    const third = await database.tx((tx) => insertPage(tx, 'third'));
    expect(toInteger(third[0]?.id)).toBeGreaterThan(toInteger(second[0]?.id));
  });

  test('counters outside of 0 … 2^53−1 are refused by the database itself', async () => {
    await database.tx((tx) =>
      tx.rows(sql`insert into pages_audiocontent (title, counter, updated_at)
        values ('full', ${INTEGER_MAX}, ${sql.param(now, tx.tables.page.updated_at)})`),
    );
    for (const change of [sql`counter + 1`, sql`-1`]) {
      const work = database.tx((tx) => tx.rows(sql`update pages_audiocontent set counter = ${change}`));
      expect(await refusal(work)).toBeInstanceOf(Error);
    }
  });

  test('closing waits for the transaction under way, may be asked twice, and makes the rest unavailable', async () => {
    const other = openDatabase(opened.address);
    const slow = other.tx(async (tx) => {
      await insertGroup(tx, 'closing 1');
      await Bun.sleep(100);
      await insertGroup(tx, 'closing 2');
    });
    await other.rows(sql`select 1`);
    const closings = [other.close(), other.close()];
    const late = refusal(other.tx((tx) => insertGroup(tx, 'closing 3')));
    await Promise.all([slow, ...closings, other.close()]);
    expect(await late).toMatchObject({ kind: 'unavailable' });
    expect(await groupNames(database, 'closing')).toEqual(['closing 1', 'closing 2']);
    expect(await refusal(other.rows(sql`select 1`))).toMatchObject({ kind: 'unavailable' });
    expect(await refusal(other.tx(async () => {}))).toMatchObject({ kind: 'unavailable' });
    expect(await refusal(other.snapshot(async () => {}))).toMatchObject({ kind: 'unavailable' });
  });
});
