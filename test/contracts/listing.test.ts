import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent } from '../../src/store/contents.ts';
import { readCursor, writeCursor } from '../../src/store/cursor.ts';
import { LAST_PART, type Listing, type ListOptions, listRows, parseSort, type Sort } from '../../src/store/listing.ts';
import { createPage, PAGE_LABEL, removePage, updatePage } from '../../src/store/pages.ts';
import { SEARCH_RESULTS_MAX } from '../../src/store/search.ts';
import { removeSearchEntries, writeSearchEntries } from '../../src/store/search_entries.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, ORDERS, type TestDatabase } from '../help/databases.ts';

const URL = 'https://example.org/';
const SORTS: readonly Sort[] = ['id', '-id', 'title', '-title', 'updated', '-updated'];
// Some equal, in an order that is none.
const TITLES = ['b', 'Ё', 'a', 'B', 'z', 'a', 'ёлка', '10', '9', 'a b', '🎬'];

test('a sort is one of six words', () => {
  for (const sort of SORTS) expect(parseSort(sort)).toBe(sort);
  for (const text of ['', 'ID', 'counter', '--id', ' id', 'toString', 'id;']) expect(parseSort(text)).toBeUndefined();
});

test('a cursor is read as it was written, and nothing else is a cursor', () => {
  const cursor = { sort: '-title', direction: 'previous', key: 'ёлка "🎬"', id: 7 } as const;
  expect(readCursor(writeCursor(cursor))).toEqual(cursor);
  expect(writeCursor(cursor)).toMatch(/^[\w-]+$/);
  const forged = [
    ...['null', '{}', '[]', '[1,"next",1,1]', '["id","up",1,1]', '["id","next",{},1]', '["id","next",1.5,1]'],
    ...['["id","next",1,"1"]', '["id","next",1]', '["id","next",1,1e99]', '["title","next","\\u0000",1]', 'x'],
    ...['["title","next","\\ud800",1]', `["title","next","${'x'.repeat(5000)}",1]`],
  ];
  for (const text of forged) {
    expect([text, readCursor(Buffer.from(text).toString('base64url'))]).toEqual([text, undefined]);
  }
  for (const text of ['', '%', 'кот', 'e30', '='.repeat(10_000)]) expect(readCursor(text)).toBeUndefined();
});

describe.each(ORDERS)('lists on %s', (_, dialect, icuLocale) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await createTestDatabase(dialect, icuLocale);
  });
  beforeEach(async () => {
    await opened.database.tx(async (tx) => {
      for (const table of ['pages_page', 'pages_videocontent', 'pages_audiocontent', 'pages_searchentry']) {
        await tx.rows(sql`delete from ${sql.identifier(table)}`);
      }
      await tx.rows(sql`delete from pages_searchword`);
    });
  });
  afterAll(() => opened.drop());

  const list = (options: Partial<ListOptions> = {}) =>
    listRows(opened.database, { label: PAGE_LABEL, sort: 'id', limit: 3, ...options });
  const titlesOf = ({ rows }: Listing) => rows.map(({ title }) => title);

  /** Pages with these titles, changed at moments of which each is that of two. */
  async function fill(): Promise<number[]> {
    return opened.database.tx(async (tx) => {
      const ids: number[] = [];
      for (const title of TITLES) ids.push(await createPage(tx, TESTER, { title, url: URL }));
      for (const [n, id] of ids.entries()) {
        const time = sql.param(new Date(Date.UTC(2026, 0, 1 + ((n * 5) % 6))), tx.tables.page.updated_at);
        await tx.rows(sql`update pages_page set updated_at = ${time} where id = ${id}`);
      }
      return ids;
    });
  }
  /** All parts from the first on, by the cursors to the next. */
  async function walk(options: Partial<ListOptions>): Promise<Listing[]> {
    const parts = [await list(options)];
    for (let { next } = parts[0] ?? {}; next !== undefined; next = parts.at(-1)?.next) {
      parts.push(await list({ ...options, cursor: next }));
    }
    return parts;
  }

  test.each([...SORTS])('by %s walk through every row once, there and back', async (sort) => {
    await fill();
    const parts = await walk({ sort });
    const all = await list({ sort, limit: 100 });
    expect(all.rows).toHaveLength(TITLES.length);
    expect([all.next, all.previous]).toEqual([undefined, undefined]);
    expect(parts.map(({ rows }) => rows.length)).toEqual([3, 3, 3, 2]);
    expect(parts.flatMap(({ rows }) => rows)).toEqual([...all.rows]);
    const back: Listing[] = [];
    for (let cursor = parts.at(-1)?.previous; cursor !== undefined; cursor = back[0]?.previous) {
      back.unshift(await list({ sort, cursor }));
    }
    expect(back.map(titlesOf)).toEqual(parts.slice(0, -1).map(titlesOf));
    expect(back.map(({ next }) => next)).toEqual(parts.slice(0, -1).map(({ next }) => next));
  });

  test.each([...SORTS])('by %s lead to their end, and from there back', async (sort) => {
    await fill();
    const all = titlesOf(await list({ sort, limit: 100 }));
    const last = await list({ sort, cursor: LAST_PART });
    expect([titlesOf(last), last.next, last.count]).toEqual([all.slice(-3), undefined, TITLES.length]);
    const before = await list({ sort, ...(last.previous && { cursor: last.previous }) });
    expect(titlesOf(before)).toEqual(all.slice(-6, -3));
    expect(titlesOf(await list({ sort, ...(before.next && { cursor: before.next }) }))).toEqual(titlesOf(last));
  });

  test('that fit into one part have it as their end too', async () => {
    await fill();
    const all = await list({ limit: 100 });
    expect(await list({ limit: 100, cursor: LAST_PART })).toEqual(all);
    await opened.database.tx((tx) => tx.rows(sql`delete from pages_page`));
    expect(await list({ cursor: LAST_PART })).toEqual({ rows: [], count: 0 });
  });

  test('sort titles as search does, without case and accents, and times and ids as they are', async () => {
    await fill();
    const sorted = async (sort: Sort) => titlesOf(await list({ sort, limit: 100 }));
    expect(await sorted('title')).toEqual(['10', '9', 'a', 'a', 'a b', 'b', 'B', 'z', 'Ё', 'ёлка', '🎬']);
    expect(await sorted('id')).toEqual(TITLES);
    for (const sort of ['id', 'title', 'updated'] as const) {
      expect(await sorted(`-${sort}`)).toEqual((await sorted(sort)).toReversed());
    }
    const { rows } = await list({ sort: 'updated', limit: 100 });
    const moments = rows.map(({ updatedAt }) => updatedAt.getTime());
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
    expect(rows[0]?.updatedAt).toEqual(new Date(Date.UTC(2026, 0, 1)));
  });

  test('say of pages their address and how many contents they show, of contents views and pages', async () => {
    const { database } = opened;
    const [film, text] = await database.tx(async (tx) => [
      await createContent(tx, TESTER, video, { title: 'Film', file_url: URL }),
      await createContent(tx, TESTER, audio, { title: 'Text', text: 'Words' }),
    ]);
    const link = { label: video.label, id: film ?? 0 };
    const page = await database.tx((tx) => createPage(tx, TESTER, { title: 'Page', url: URL }, [link, link]));
    await database.tx((tx) => tx.rows(sql`update pages_videocontent set counter = 5`));
    const updatedAt = expect.any(Date);
    expect((await list()).rows).toEqual([{ id: page, title: 'Page', updatedAt, url: URL, links: 2 }]);
    for (const term of ['', 'film']) {
      const listing = await list({ label: video.label, term });
      expect(listing).toEqual({ rows: [{ id: film ?? 0, title: 'Film', updatedAt, counter: 5, links: 1 }], count: 1 });
    }
    expect((await list({ label: audio.label })).rows).toEqual([
      { id: text ?? 0, title: 'Text', updatedAt, counter: 0, links: 0 },
    ]);
    expect(list({ label: 'pages.gone' })).rejects.toThrow('pages.gone');
  });

  test('count all rows, and those a term finds', async () => {
    await fill();
    expect((await list({ limit: 1 })).count).toBe(TITLES.length);
    expect((await list({ term: 'a', limit: 2 })).count).toBeUndefined();
    expect((await list({ term: 'a', limit: 10 })).count).toBe(3);
    expect((await list({ term: 'nowhere' })).count).toBe(0);
  });

  test('know no count of what a term finds beyond the last result that is looked for', async () => {
    const titled = (count: number) => Array.from({ length: count }, (_, n) => ({ id: n + 1, title: `Film ${n}` }));
    await opened.database.tx((tx) => writeSearchEntries(tx, PAGE_LABEL, titled(SEARCH_RESULTS_MAX - 1)));
    const all = { term: 'film', limit: SEARCH_RESULTS_MAX };
    expect((await list(all)).count).toBe(SEARCH_RESULTS_MAX - 1);
    await opened.database.tx((tx) => writeSearchEntries(tx, PAGE_LABEL, titled(SEARCH_RESULTS_MAX + 1)));
    expect((await list(all)).count).toBeUndefined();
  });

  test('with a term hold what search finds as it ranks it, page by page', async () => {
    await fill();
    const parts = await walk({ term: 'A', sort: '-id', limit: 2 });
    expect(parts.map(titlesOf)).toEqual([['a', 'a'], ['a b']]);
    expect(parts.map(({ previous }) => previous !== undefined)).toEqual([false, true]);
    expect(titlesOf(await list({ term: 'A', limit: 2, cursor: parts[1]?.previous ?? '' }))).toEqual(['a', 'a']);
  });

  test('begin anew for a cursor that is forged, of another order, or leads nowhere', async () => {
    const ids = await fill();
    const first = await list({ sort: 'title' });
    const forged = [
      ...['', 'x', (await list({ sort: 'updated' })).next ?? '', (await list({ term: 'a', limit: 1 })).next ?? ''],
      writeCursor({ sort: 'title', direction: 'next', key: 5, id: 1 }),
      writeCursor({ sort: 'title', direction: 'next', key: '\u{10ffff}', id: 1 }),
      writeCursor({ sort: 'title', direction: 'previous', key: '', id: 1 }),
    ];
    for (const cursor of forged) expect([cursor, await list({ sort: 'title', cursor })]).toEqual([cursor, first]);
    for (const key of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -62_200_000_000_000, 253_500_000_000_000]) {
      const cursor = writeCursor({ sort: 'updated', direction: 'next', key, id: ids[0] ?? 0 });
      expect(titlesOf(await list({ sort: 'updated', cursor }))).toHaveLength(3);
    }
    const beyond = writeCursor({ sort: 'rank', direction: 'next', key: Number.MAX_SAFE_INTEGER, id: 0 });
    expect(await list({ term: 'a', cursor: beyond })).toEqual(await list({ term: 'a' }));
  });

  test('go on where they were when rows come and go meanwhile', async () => {
    const ids = await fill();
    const [first, second] = await walk({ sort: 'title' });
    await opened.database.tx(async (tx) => {
      await removePage(tx, TESTER, first?.rows.at(-1)?.id ?? 0);
      await createPage(tx, TESTER, { title: '1', url: URL });
      await updatePage(tx, TESTER, ids.at(-1) ?? 0, 1, { title: '0', url: URL }, []);
    });
    expect((await list({ sort: 'title', cursor: first?.next ?? '' })).rows).toEqual([...(second?.rows ?? [])]);
    // Four stand in front of it now: a full part, and the list's beginning.
    const back = await list({ sort: 'title', cursor: second?.previous ?? '' });
    expect(titlesOf(back)).toEqual(['1', '10', '9']);
    expect(titlesOf(await list({ sort: 'title', cursor: back.previous ?? '' }))).toEqual(['0', '1', '10']);
  });

  test('hold no title that search has forgotten', async () => {
    const ids = await fill();
    await opened.database.tx((tx) => removeSearchEntries(tx, PAGE_LABEL, ids));
    expect(titlesOf(await list({ term: 'a' }))).toEqual([]);
  });
});
