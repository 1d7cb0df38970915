import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toInteger } from '../../src/db/rows.ts';
import { countRows, createContent, findContent, removeContent, updateContent } from '../../src/store/contents.ts';
import { type PageDetail, readPages } from '../../src/store/page_reader.ts';
import { type ContentReference, createPage, removePage, updatePage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';

const URL = 'https://example.org/film.mp4';
const FILM = { title: 'Film', file_url: URL };
const PAGE = { title: 'Page', url: 'https://example.org/' };
/** A page of 2,000 contents is created or changed well within this on a busy machine. */
const LARGE_PAGE_MS_MAX = 3000;

/** The JSON of a page that was found. */
function textOf(found: PageDetail | undefined): string {
  return new TextDecoder().decode(found?.json);
}

describe.each(DIALECTS)('the stores of pages and contents on %s', (dialect) => {
  let opened: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    opened = await createTestDatabase(dialect);
    database = opened.database;
  });
  afterAll(() => opened.drop());

  const createFilm = (input: Record<string, unknown> = FILM) =>
    database.tx((tx) => createContent(tx, TESTER, video, input));
  const createText = () => database.tx((tx) => createContent(tx, TESTER, audio, { title: 'Text', text: 'Words' }));
  const createOne = (contents: ContentReference[] = []) => database.tx((tx) => createPage(tx, TESTER, PAGE, contents));
  const film = (id: number) => ({ label: video.label, id });
  async function shown(page: number): Promise<string[] | undefined> {
    const found = await readPages(database).find(page);
    return found?.contents.map(({ type, id }) => `${type.type} ${id}`);
  }
  async function versionOf(table: string, id: number): Promise<number> {
    const [row] = await database.rows(sql`select version from ${sql.identifier(table)} where id = ${id}`);
    return toInteger(row?.version);
  }
  async function countLinks(): Promise<number> {
    const [row] = await database.rows(sql`select count(*) as n from pages_pagecontent`);
    return toInteger(row?.n);
  }

  describe('a page', () => {
    test('shows its contents in their order, of any model, also the same one twice', async () => {
      const [a, b, text] = [await createFilm({ ...FILM, subtitles_url: URL }), await createFilm(), await createText()];
      const page = await createOne([film(b), { label: audio.label, id: text }, film(a), film(b)]);
      const found = await readPages(database).find(page);
      const second = { id: b, type: 'video', title: 'Film', counter: 0, file_url: URL, subtitles_url: '' };
      const contents = [
        second,
        { id: text, type: 'audio', title: 'Text', counter: 0, text: 'Words' },
        { id: a, type: 'video', title: 'Film', counter: 0, file_url: URL, subtitles_url: URL },
        second,
      ];
      expect(textOf(found)).toBe(JSON.stringify({ id: page, ...PAGE, contents }));
      expect(found?.contents).toEqual([
        { type: video, id: b },
        { type: audio, id: text },
        { type: video, id: a },
        { type: video, id: b },
      ]);
    });

    test('is not found where there is none', async () => {
      const pages = readPages(database);
      for (const id of [0, -1, 404_404, INTEGER_MAX]) expect(await pages.find(id)).toBeUndefined();
      const empty = await createOne();
      const found = await pages.find(empty);
      expect(textOf(found)).toBe(JSON.stringify({ id: empty, ...PAGE, contents: [] }));
      expect(found?.contents).toEqual([]);
    });

    test('is changed with all it shows, once for each version', async () => {
      const [a, b] = [await createFilm(), await createFilm()];
      const page = await createOne([film(a), film(b)]);
      await database.tx((tx) =>
        updatePage(tx, TESTER, page, 1, { title: 'Новая', url: URL }, [film(b), film(a), film(b)]),
      );
      const found = await readPages(database).find(page);
      expect(JSON.parse(textOf(found))).toMatchObject({ title: 'Новая', url: URL });
      expect(await shown(page)).toEqual([`video ${b}`, `video ${a}`, `video ${b}`]);
      const stale = database.tx((tx) => updatePage(tx, TESTER, page, 1, PAGE, []));
      await expect(stale).rejects.toMatchObject({ kind: 'conflict' });
      expect(await shown(page)).toHaveLength(3);
      expect(await versionOf('pages_page', page)).toBe(2);
      const missing = database.tx((tx) => updatePage(tx, TESTER, 404_404, 1, PAGE, []));
      await expect(missing).rejects.toMatchObject({ kind: 'not_found' });
    });

    test('of two who save the same version at once one is told of the conflict', async () => {
      const page = await createOne();
      const saves = ['one', 'two'].map((title) =>
        database.tx((tx) => updatePage(tx, TESTER, page, 1, { ...PAGE, title }, [])),
      );
      const outcomes = await Promise.allSettled(saves);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await versionOf('pages_page', page)).toBe(2);
    });

    test('is removed with its places; its contents stay', async () => {
      const a = await createFilm();
      const page = await createOne([film(a), film(a)]);
      const links = await countLinks();
      await database.tx((tx) => removePage(tx, TESTER, page));
      expect(await countLinks()).toBe(links - 2);
      expect(await findContent(database, video, a)).toBeDefined();
      await expect(database.tx((tx) => removePage(tx, TESTER, page))).rejects.toMatchObject({ kind: 'not_found' });
    });

    test('with input that cannot be stored is refused with a message at each field, and nothing is stored', async () => {
      const count = await countRows(database, 'pages_page');
      const page = await createOne();
      for (const attempt of [
        () => database.tx((tx) => createPage(tx, TESTER, { title: ' ', url: 'javascript:alert(1)' })),
        () => database.tx((tx) => updatePage(tx, TESTER, page, 1, { title: ' ', url: 'javascript:alert(1)' }, [])),
      ]) {
        await expect(attempt()).rejects.toMatchObject({
          kind: 'invalid',
          fields: { title: ['This field is required.'], url: ['Enter an http or https address.'] },
        });
      }
      expect(await countRows(database, 'pages_page')).toBe(count + 1);
    });

    test('never shows what does not exist: the missing are named, and nothing is stored', async () => {
      const [a, gone] = [await createFilm(), await createFilm()];
      await database.tx((tx) => removeContent(tx, TESTER, video, gone));
      const count = await countRows(database, 'pages_page');
      const refused = (contents: ContentReference[], message: string) =>
        expect(createOne(contents)).rejects.toMatchObject({ kind: 'invalid', message });
      await refused([film(a), film(gone)], `video ${gone} does not exist any more`);
      await refused([film(gone), film(404_404)], `videos ${gone}, 404404 do not exist any more`);
      await refused([film(a), { label: 'pages.quizcontent', id: 1 }], '"pages.quizcontent" is not a content model');
      const many = Array.from({ length: 12 }, (_, n) => film(900_000 + n));
      await refused(
        many,
        `videos ${many
          .slice(0, 10)
          .map(({ id }) => id)
          .join(', ')} and 2 more do not exist any more`,
      );
      expect(await countRows(database, 'pages_page')).toBe(count);
    });

    test('of 2,000 contents is created and changed in reasonable time, in its order', async () => {
      const films = await database.tx(async (tx) => {
        const ids: number[] = [];
        for (let n = 0; n < 100; n++) ids.push(await createContent(tx, TESTER, video, FILM));
        return ids;
      });
      const contents = Array.from({ length: 2000 }, (_, n) => film(films[(n * 37) % films.length] ?? 0));
      const began = performance.now();
      const page = await createOne(contents);
      await database.tx((tx) => updatePage(tx, TESTER, page, 1, PAGE, contents.toReversed()));
      expect(performance.now() - began).toBeLessThan(LARGE_PAGE_MS_MAX);
      expect(await shown(page)).toEqual(contents.toReversed().map(({ id }) => `video ${id}`));
    });
  });

  test('a list page holds its rows by id with the number of all, also past the end', async () => {
    await database.tx((tx) => tx.rows(sql`delete from pages_page`));
    const pages = readPages(database);
    expect(await pages.list(0, 10)).toEqual({ count: 0, pages: [] });
    const ids: number[] = [];
    for (let n = 0; n < 7; n++) ids.push(await createOne());
    const { count, pages: second } = await pages.list(3, 3);
    expect([count, second.map(({ id }) => id)]).toEqual([7, ids.slice(3, 6)]);
    expect(second[0]).toEqual({ id: ids[3] ?? 0, ...PAGE });
    expect(await pages.list(6, 3)).toMatchObject({ count: 7, pages: [{ id: ids[6] }] });
    expect(await pages.list(100, 3)).toEqual({ count: 7, pages: [] });
    expect(await pages.list(INTEGER_MAX, 1)).toEqual({ count: 7, pages: [] });
  });

  describe('a content', () => {
    test('comes back as it was written, with a counter of 0', async () => {
      const id = await createFilm({ title: 'Фильм 🎬', file_url: URL });
      expect(await findContent(database, video, id)).toEqual({
        id,
        title: 'Фильм 🎬',
        counter: 0,
        version: 1,
        fields: { file_url: URL, subtitles_url: '' },
      });
      expect(await findContent(database, audio, 404_404)).toBeUndefined();
    });

    test('takes nothing but its own fields: no counter, id, version or property of objects', async () => {
      const forged = {
        ...FILM,
        id: 77_777,
        counter: 5,
        version: 9,
        updated_at: 'x',
        text: 'x',
        __proto__: { title: 'x' },
        constructor: 'x',
      };
      const id = await createFilm(forged);
      expect(id).not.toBe(77_777);
      await database.tx((tx) => updateContent(tx, TESTER, video, id, 1, { ...forged, title: 'Again' }));
      expect(await findContent(database, video, id)).toMatchObject({ title: 'Again', counter: 0, version: 2 });
      const inherited = Object.create(FILM);
      await expect(createFilm(inherited)).rejects.toMatchObject({ kind: 'invalid' });
    });

    test('is refused with a message at each field', async () => {
      await expect(
        createFilm({ title: 'x'.repeat(300), file_url: 'ftp://example.org/', subtitles_url: 'no' }),
      ).rejects.toMatchObject({
        kind: 'invalid',
        fields: {
          title: ['At most 255 characters, you sent 300.'],
          file_url: ['Enter an http or https address.'],
          subtitles_url: ['Enter an http or https address.'],
        },
      });
    });

    test('is changed once for each version, and not where there is none', async () => {
      const id = await createFilm();
      await database.tx((tx) => updateContent(tx, TESTER, video, id, 1, { ...FILM, title: 'Two' }));
      await expect(database.tx((tx) => updateContent(tx, TESTER, video, id, 1, FILM))).rejects.toMatchObject({
        kind: 'conflict',
      });
      await expect(database.tx((tx) => updateContent(tx, TESTER, video, 404_404, 1, FILM))).rejects.toMatchObject({
        kind: 'not_found',
      });
      expect(await findContent(database, video, id)).toMatchObject({ title: 'Two', version: 2 });
    });

    test('that a page shows is not removed; a free one is, once', async () => {
      const id = await createFilm();
      const page = await createOne([film(id)]);
      const remove = () => database.tx((tx) => removeContent(tx, TESTER, video, id));
      await expect(remove()).rejects.toMatchObject({
        kind: 'conflict',
        message: `video ${id} is shown on page ${page}`,
      });
      expect(await shown(page)).toEqual([`video ${id}`]);
      await database.tx((tx) => removePage(tx, TESTER, page));
      await remove();
      await expect(remove()).rejects.toMatchObject({ kind: 'not_found' });
    });
  });

  test('linking a content while it is removed: one of the two is refused, and no link leads nowhere', async () => {
    const other = openDatabase(opened.address);
    const outcomes = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const id = await createFilm();
      const link = async (wait: number) => {
        await Bun.sleep(wait);
        return database.tx((tx) => createPage(tx, TESTER, PAGE, [film(id)]));
      };
      const remove = async (wait: number) => {
        await Bun.sleep(wait);
        return other.tx((tx) => removeContent(tx, TESTER, video, id));
      };
      const [linked, removed] = await Promise.allSettled([link(round % 3), remove((round + 1) % 3)]);
      expect([linked.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
      outcomes.add(linked.status);
    }
    const dangling = await database.rows(sql`select object_id from pages_pagecontent
      where content_type = ${video.label} and object_id not in (select id from pages_videocontent)`);
    expect(dangling).toHaveLength(0);
    expect([...outcomes].sort()).toEqual(['fulfilled', 'rejected']);
    await other.close();
  });

  test('a removal waits for a link that is being stored, and a link for a removal', async () => {
    const other = openDatabase(opened.address);
    const [kept, gone] = [await createFilm(), await createFilm()];
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const { promise: bothBegan, resolve: began } = Promise.withResolvers<void>();
    const holding = database.tx(async (tx) => {
      await createPage(tx, TESTER, PAGE, [film(kept)]);
      await removeContent(tx, TESTER, video, gone);
      began();
      await release;
    });
    await bothBegan;
    const removal = other.tx((tx) => removeContent(tx, TESTER, video, kept)).catch((error: unknown) => error);
    const link = other.tx((tx) => createPage(tx, TESTER, PAGE, [film(gone)])).catch((error: unknown) => error);
    expect(await Promise.race([removal, link, Bun.sleep(100).then(() => 'both wait')])).toBe('both wait');
    resolve();
    await holding;
    expect(await removal).toMatchObject({ kind: 'conflict' });
    expect(await link).toMatchObject({ kind: 'invalid' });
    await other.close();
  });
});
