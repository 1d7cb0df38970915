import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toDate, toInteger, toText } from '../../src/db/rows.ts';
import { createContent, findContent, removeContent, updateContent } from '../../src/store/contents.ts';
import { applyBatch, type ImpressionBatch, RETIRED_SOURCE, retireSources } from '../../src/store/impressions.ts';
import { createPage, updatePage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';

const URL = 'https://example.org/film.mp4';
/** A deadlock takes a second of Postgres’s time to be found. */
const ROUNDS = 8;
const FILM = { title: 'Film', file_url: URL };

describe.each(DIALECTS)('applying batches of views on %s', (dialect) => {
  let opened: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    opened = await createTestDatabase(dialect);
    database = opened.database;
  });
  afterEach(() => opened.drop());

  function batchOf(views: Iterable<readonly [number, number]>, own: Partial<ImpressionBatch> = {}): ImpressionBatch {
    return { source: 'test', label: video.label, seq: 1, batchId: crypto.randomUUID(), views: new Map(views), ...own };
  }
  function apply(batch: ImpressionBatch, rowsMax = 1000, through = database): Promise<string> {
    return through.tx((tx) => applyBatch(tx, batch, rowsMax));
  }
  async function createFilms(count: number): Promise<number[]> {
    await database.tx((tx) =>
      tx.rows(sql`insert into pages_videocontent (title, updated_at)
        select 'Film', ${tx.dialect === 'postgres' ? sql`now()` : sql`0`} from (
          with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count}) select n from numbers
        ) many`),
    );
    const rows = await database.rows(sql`select id from pages_videocontent order by id`);
    return rows.map((row) => toInteger(row.id));
  }
  async function counters(): Promise<number[]> {
    const rows = await database.rows(sql`select counter from pages_videocontent order by id`);
    return rows.map((row) => toInteger(row.counter));
  }
  async function orphans(): Promise<unknown[]> {
    const rows = await database.rows(sql`select source, id, n, reason, created_at from impression_orphans order by n`);
    for (const row of rows) expect(Math.abs(Date.now() - toDate(row.created_at).getTime())).toBeLessThan(60_000);
    return rows.map((row) => [toText(row.id), toInteger(row.n), toText(row.reason)]);
  }
  async function viewsTotal(): Promise<number> {
    const rows = await database.rows(sql`select views_total from impression_ledger`);
    return rows.reduce((sum, row) => sum + toInteger(row.views_total), 0);
  }
  /** Every view in the ledger is in a counter or an orphan. */
  async function assertBalanced(startedAt = 0): Promise<void> {
    const [counted] = await database.rows(sql`select
      cast((select coalesce(sum(counter), 0) from pages_videocontent) + (select coalesce(sum(counter), 0) from pages_audiocontent)
        + (select coalesce(sum(n), 0) from impression_orphans) as ${sql.raw(dialect === 'postgres' ? 'bigint' : 'integer')}) as n`);
    expect(await viewsTotal()).toBe(toInteger(counted?.n) - startedAt);
  }

  test('adds each id its own number of views, whatever the order of the ids', async () => {
    const ids = await createFilms(5);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = ids;
    expect(
      await apply(
        batchOf([
          [d, 4],
          [a, 1],
          [e, 5],
          [c, 3],
          [b, 2],
        ]),
      ),
    ).toBe('applied');
    expect(await counters()).toEqual([1, 2, 3, 4, 5]);
    expect(await orphans()).toEqual([]);
    await assertBalanced();
  });

  test('a batch that comes again changes nothing and is known; another under its number or a lower one is stale', async () => {
    const [id = 0] = await createFilms(1);
    const first = batchOf([[id, 7]], { seq: 5 });
    expect(await apply(first)).toBe('applied');
    for (let n = 0; n < 3; n++) expect(await apply(first)).toBe('applied_before');
    expect(await apply(batchOf([[id, 1]], { seq: 5 }))).toBe('stale');
    expect(await apply(batchOf([[id, 1]], { seq: 4 }))).toBe('stale');
    expect(await counters()).toEqual([7]);
    expect(await apply(batchOf([[id, 1]], { seq: 6 }))).toBe('applied');
    expect(await apply(first)).toBe('stale');
    expect(await apply(batchOf([[id, 1]], { source: 'another' }))).toBe('applied');
    expect(await counters()).toEqual([9]);
    await assertBalanced();
  });

  test('views of removed contents and of models nobody knows become orphans, beside those that count', async () => {
    const [gone = 0, here = 0] = await createFilms(2);
    await database.tx((tx) => removeContent(tx, TESTER, video, gone));
    expect(
      await apply(
        batchOf([
          [gone, 3],
          [here, 2],
          [INTEGER_MAX, 4],
          [0, 5],
        ]),
      ),
    ).toBe('applied');
    expect(await counters()).toEqual([2]);
    expect(await orphans()).toEqual([
      [`${gone}`, 3, 'content removed'],
      [`${INTEGER_MAX}`, 4, 'content removed'],
      ['0', 5, 'content removed'],
    ]);
    expect(await apply(batchOf([[1, 6]], { label: 'pages.unknown' }))).toBe('applied');
    expect(await orphans()).toHaveLength(4);
    await assertBalanced();
  });

  test('a counter takes views up to 2^53−1; what does not fit is an orphan', async () => {
    const [full = 0, roomy = 0] = await createFilms(2);
    const started = INTEGER_MAX - 10;
    await database.tx((tx) => tx.rows(sql`update pages_videocontent set counter = ${started} where id = ${full}`));
    expect(
      await apply(
        batchOf([
          [full, 10],
          [roomy, 1],
        ]),
      ),
    ).toBe('applied');
    expect(await counters()).toEqual([INTEGER_MAX, 1]);
    expect(
      await apply(
        batchOf(
          [
            [full, 1],
            [roomy, 1],
          ],
          { seq: 2 },
        ),
      ),
    ).toBe('applied');
    expect(await counters()).toEqual([INTEGER_MAX, 2]);
    expect(await orphans()).toEqual([[`${full}`, 1, 'counter full']]);
  });

  test('a batch of any size is applied whole, at and around the number of rows of one statement', async () => {
    const ids = await createFilms(25);
    let seq = 0;
    const expected = ids.map(() => 0);
    for (const size of [1, 9, 10, 11, 19, 20, 21, 25]) {
      seq += 1;
      expect(
        await apply(
          batchOf(
            ids.slice(0, size).map((id) => [id, seq]),
            { seq },
          ),
          10,
        ),
      ).toBe('applied');
    }
    await assertBalanced();
    for (const [place] of ids.entries()) {
      seq = 0;
      for (const size of [1, 9, 10, 11, 19, 20, 21, 25]) {
        seq += 1;
        if (place < size) expected[place] = (expected[place] ?? 0) + seq;
      }
    }
    expect(await counters()).toEqual(expected);
  });

  test('10,000 rows in one statement, all counted, and 20,000 all orphaned', async () => {
    const ids = await createFilms(10_000);
    expect(await apply(batchOf(ids.map((id) => [id, 2])), 10_000)).toBe('applied');
    expect(new Set(await counters())).toEqual(new Set([2]));
    const nobody = Array.from({ length: 20_000 }, (_, n) => [1_000_000 + n, 1] as const);
    expect(await apply(batchOf(nobody, { seq: 2 }), 10_000)).toBe('applied');
    const [row] = await database.rows(sql`select count(*) as n from impression_orphans`);
    expect(toInteger(row?.n)).toBe(20_000);
    await assertBalanced();
  });

  test('an error in the middle takes the ledger row back with it, and the same batch can be applied after', async () => {
    const ids = await createFilms(3);
    const batch = batchOf(ids.map((id) => [id, 1]));
    const work = database.tx(async (tx) => {
      await applyBatch(tx, batch, 2);
      throw new Error('mine');
    });
    await expect(work).rejects.toThrow('mine');
    expect([await viewsTotal(), await counters()]).toEqual([0, [0, 0, 0]]);
    expect(await apply(batch, 2)).toBe('applied');
    expect(await counters()).toEqual([1, 1, 1]);
  });

  test('of many who apply the same batch at once exactly one counts', async () => {
    const ids = await createFilms(10);
    const others = [openDatabase(opened.address), openDatabase(opened.address), openDatabase(opened.address)];
    for (let seq = 1; seq <= 10; seq++) {
      const batch = batchOf(
        ids.map((id) => [id, 1]),
        { seq },
      );
      const results = await Promise.all(others.map((other) => apply(batch, 4, other)));
      expect(results.sort()).toEqual(['applied', 'applied_before', 'applied_before']);
    }
    expect(await counters()).toEqual(ids.map(() => 10));
    await assertBalanced();
    await Promise.all(others.map((other) => other.close()));
  });

  test('counts exactly beside a bulk update of the same rows in the other order', async () => {
    const ids = await createFilms(40);
    const other = openDatabase(opened.address);
    let isOver = false;
    const bulk = (async () => {
      for (let n = 0; !isOver; n++) {
        const work = other.tx(async (tx) => {
          for (const id of ids.toReversed())
            await tx.rows(sql`update pages_videocontent set title = ${`Film ${n}`} where id = ${id}`);
        });
        // A deadlock: the database ended one of the two.
        await work.catch((error) => expect(error).toMatchObject({ kind: 'unavailable' }));
        // Whoever loses a deadlock tries again: both need a moment to themselves now and then.
        await Bun.sleep(50);
      }
    })();
    for (let seq = 1; seq <= ROUNDS; seq++) {
      const batch = batchOf(
        ids.map((id) => [id, 1]),
        { seq },
      );
      await eventually(() => apply(batch, 7), 20_000);
    }
    isOver = true;
    await bulk;
    expect(await counters()).toEqual(ids.map(() => ROUNDS));
    await other.close();
  }, 90_000);

  test('an edit saved 200 times beside 200 batches loses neither; neither touches what is the other’s', async () => {
    const id = await database.tx((tx) => createContent(tx, TESTER, video, FILM));
    const page = await database.tx((tx) =>
      createPage(tx, TESTER, { title: 'Page', url: URL }, [{ label: video.label, id }]),
    );
    const other = openDatabase(opened.address);
    const counting = (async () => {
      for (let seq = 1; seq <= 200; seq++) await eventually(() => apply(batchOf([[id, 3]], { seq }), 1000, other));
    })();
    for (let version = 1; version <= 200; version++) {
      await database.tx((tx) =>
        updateContent(tx, TESTER, video, id, version, { ...FILM, title: `Film ${version}`, counter: '0' }),
      );
      if (version % 20 === 0) {
        await database.tx((tx) =>
          updatePage(tx, TESTER, page, version / 20, { title: `Page ${version}`, url: URL }, [
            { label: video.label, id },
          ]),
        );
      }
    }
    await counting;
    await other.close();
    expect(await findContent(database, video, id)).toMatchObject({ counter: 600, version: 201, title: 'Film 200' });
    const read = () =>
      database.rows(
        sql`select version, updated_at from pages_videocontent union all select version, updated_at from pages_page`,
      );
    const before = await read();
    await apply(batchOf([[id, 1]], { seq: 201 }));
    expect(await read()).toEqual(before);
  });

  test('ledger rows of processes that ended long ago become one row a label; others stay', async () => {
    const ids = await createFilms(1);
    const week = 7 * 24 * 3600 * 1000;
    const age = (source: string, ms: number) =>
      database.tx((tx) =>
        tx.rows(
          sql`update impression_ledger set applied_at = ${sql.param(new Date(Date.now() - ms), tx.tables.ledger.applied_at)} where source = ${source}`,
        ),
      );
    for (const [place, source] of ['embedded:a', 'embedded:b', 'embedded:young', 'a redis'].entries()) {
      for (const label of [video.label, audio.label]) {
        await apply(batchOf([[ids[0] ?? 0, place + 1]], { source, label }));
      }
      await age(source, source === 'embedded:young' ? week - 60_000 : week + 60_000);
    }
    await assertBalanced();
    for (let round = 0; round < 2; round++) {
      await database.tx(retireSources);
      const rows = await database.rows(
        sql`select source, label, views_total from impression_ledger order by source, label`,
      );
      expect(rows.map((row) => [row.source, row.label, toInteger(row.views_total)])).toEqual([
        ['a redis', audio.label, 4],
        ['a redis', video.label, 4],
        [RETIRED_SOURCE, audio.label, 3],
        [RETIRED_SOURCE, video.label, 3],
        ['embedded:young', audio.label, 3],
        ['embedded:young', video.label, 3],
      ]);
      await assertBalanced();
    }
  });
});

describe('applying a batch on Postgres', () => {
  test('waits for the disk, and for locks, statements and the client only so long; only in its own transaction', async () => {
    const opened = await createTestDatabase('postgres');
    const settings = ['synchronous_commit', 'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'];
    const read = sql`select ${sql.join(
      settings.map((name) => sql`current_setting(${name}) as ${sql.identifier(name)}`),
      sql`, `,
    )}`;
    const outside = await opened.database.tx((tx) => tx.rows(read));

    const [inside] = await opened.database.tx(async (tx) => {
      await applyBatch(tx, { source: 's', label: video.label, seq: 1, batchId: 'b', views: new Map([[1, 1]]) }, 10);
      return tx.rows(read);
    });
    expect(Object.values(inside ?? {})).toEqual(['on', '5s', '20s', '20s']);
    expect(await opened.database.tx((tx) => tx.rows(read))).toEqual(outside);
    await opened.drop();
  });

  test('needs no index: 40,000 rows of a table that is read from end to end are counted in the time of a statement', async () => {
    const opened = await createTestDatabase('postgres');
    const settings = 'enable_indexscan=off&enable_bitmapscan=off';
    const database = openDatabase({ dialect: 'postgres', url: `${opened.url}?${settings}` });
    expect(await database.rows(sql`show enable_indexscan`)).toEqual([{ enable_indexscan: 'off' }]);
    const ids = await database.tx((tx) =>
      tx.rows(sql`insert into pages_videocontent (title, updated_at)
        select 'Film', now() from generate_series(1, 40000) returning id`),
    );
    const views = new Map(ids.map(({ id }) => [toInteger(id), 2]));
    const batch = { source: 's', label: video.label, seq: 1, batchId: 'b', views };
    expect(await database.tx((tx) => applyBatch(tx, batch, 40_000))).toBe('applied');
    const [row] = await database.rows(sql`select sum(counter) as n from pages_videocontent`);
    expect(toInteger(row?.n)).toBe(80_000);
    await database.close();
    await opened.drop();
  });
});
