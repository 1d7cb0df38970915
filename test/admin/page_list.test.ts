import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { createContent, findContent } from '../../src/store/contents.ts';
import { listHistory } from '../../src/store/history.ts';
import { createPage, findPage, PAGE_LABEL } from '../../src/store/pages.ts';
import { LIST_ROWS } from '../../src/web/admin/list.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { HOSTILE, isBroken } from '../help/hostile.ts';
import { readFields } from '../help/html.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { readListed, readStep } from '../help/list.ts';

const LIST = '/admin/pages/';
const BULK = '/admin/pages/delete/';
/** Two full parts and a bit. */
const PAGES = 2 * LIST_ROWS + 7;

describe.each(DIALECTS)('the list of pages (%s)', (dialect) => {
  let hub: TestHub;
  let editor: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    editor = await logIn(hub, 'editor');
  });
  afterAll(() => hub.stop());

  const add = (title: string, contents: readonly number[] = []) => {
    const places = contents.map((id) => ({ label: audio.label, id }));
    return hub.database.tx((tx) => createPage(tx, TESTER, { title, url: 'https://example.org/a?b=1&c=2' }, places));
  };
  const html = async (path: string, headers = {}) => (await editor.get(path, headers)).text();
  const titles = async (path: string) => readListed(await html(path)).map(({ title }) => title);
  const empty = () => hub.database.tx((tx) => tx.rows(sql`delete from pages_page`));

  test('says what to do while it is empty', async () => {
    const page = await html(LIST);
    expect(page).toContain('There are no pages yet.');
    expect(page).toContain('href="/admin/pages/add/"');
    expect(page).toContain('0 pages');
  });

  test('has a row for each page, with its address as a link', async () => {
    const content = await hub.database.tx((tx) => createContent(tx, TESTER, audio, { title: 'A', text: 'x' }));
    const id = await add('Listed', [content, content]);
    const page = await html(LIST);
    const cells = ['https://example.org/a?b=1&c=2', '2', expect.any(String)];
    expect(readListed(page)).toEqual([{ id, title: 'Listed', href: `${LIST}${id}/`, cells }]);
    expect(page).toContain('href="https://example.org/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer"');
    expect(page).toContain('1 page<');
  });

  test('shows an old bad address as text', async () => {
    const id = await add('Bad');
    await hub.database.tx((tx) => tx.rows(sql`update pages_page set url = 'javascript:x=1' where id = ${id}`));
    const page = await html(LIST);
    expect(readListed(page).find((row) => row.id === id)?.cells[0]).toBe('javascript:x=1');
    expect(page).not.toContain('href="javascript');
  });

  test.each(HOSTILE)('shows %j as text', async (text) => {
    const title = `${text} page`.replaceAll(/\s/g, ' ');
    await add(title);
    expect(await titles(LIST)).toContain(title);
    const pages = [
      await html(LIST),
      await html(`${LIST}?q=${encodeURIComponent(text)}&sort=${encodeURIComponent(text)}`),
    ];
    expect(pages.map(isBroken)).toEqual([false, false]);
  });

  describe('with more than fits', () => {
    beforeAll(async () => {
      await empty();
      for (let n = 1; n <= PAGES; n += 1) await add(`Page ${String(n).padStart(3, '0')}`);
    });
    const numbered = (from: number, to: number) => {
      const step = from < to ? 1 : -1;
      const length = Math.abs(to - from) + 1;
      return Array.from({ length }, (_, n) => `Page ${String(from + n * step).padStart(3, '0')}`);
    };

    test('leads to every part and back', async () => {
      const first = await html(`${LIST}?sort=title`);
      expect(first).toContain(`${PAGES} pages`);
      expect(readListed(first).map(({ title }) => title)).toEqual(numbered(1, LIST_ROWS));
      expect([readStep(first, 'First'), readStep(first, 'Previous')]).toEqual([undefined, undefined]);
      const second = await html(readStep(first, 'Next') ?? '');
      expect(readListed(second).map(({ title }) => title)).toEqual(numbered(LIST_ROWS + 1, 2 * LIST_ROWS));
      const third = await html(readStep(second, 'Next') ?? '');
      expect(readListed(third).map(({ title }) => title)).toEqual(numbered(2 * LIST_ROWS + 1, PAGES));
      expect([readStep(third, 'Next'), readStep(third, 'Last')]).toEqual([undefined, undefined]);
      expect(await titles(readStep(third, 'Previous') ?? '')).toEqual(numbered(LIST_ROWS + 1, 2 * LIST_ROWS));
      expect(await titles(readStep(third, 'First') ?? '')).toEqual(numbered(1, LIST_ROWS));
    });

    test('leads to its end, and from there back', async () => {
      const last = await html(readStep(await html(`${LIST}?sort=title`), 'Last') ?? '');
      expect(readListed(last).map(({ title }) => title)).toEqual(numbered(PAGES - LIST_ROWS + 1, PAGES));
      const before = readStep(last, 'Previous') ?? '';
      expect(await titles(before)).toEqual(numbered(PAGES - 2 * LIST_ROWS + 1, PAGES - LIST_ROWS));
    });

    test('is sorted by its headings, and says how', async () => {
      const sorted = async (sort: string) => {
        const page = await html(`${LIST}?sort=${sort}`);
        const [, state, href] = /aria-sort="(\w+)"><a href="([^"]*)"/.exec(page) ?? [];
        return [readListed(page)[0]?.title, state, href];
      };
      const [first = '', last = ''] = numbered(1, PAGES).filter((_, n) => n === 0 || n === PAGES - 1);
      expect(await sorted('title')).toEqual([first, 'ascending', `${LIST}?sort=-title`]);
      expect(await sorted('-title')).toEqual([last, 'descending', `${LIST}?sort=title`]);
      expect(await sorted('updated')).toEqual([first, 'ascending', LIST]);
      expect(await sorted('-updated')).toEqual([last, 'descending', `${LIST}?sort=updated`]);
    });

    test.each(['nothing', 'url', 'title; drop table pages_page', '__proto__', '-', ''])(
      'knows no order %j and keeps to the usual one',
      async (sort) => {
        const usual = await titles(LIST);
        expect(usual[0]).toBe(`Page ${PAGES}`);
        expect(await titles(`${LIST}?sort=${encodeURIComponent(sort)}`)).toEqual(usual);
      },
    );

    test.each(['x', 'e30', '%00', '-1', 'W10', '../..'])('begins anew for a place that is none: %s', async (cursor) => {
      const answer = await editor.get(`${LIST}?sort=title&cursor=${cursor}`);
      expect([answer.status, readListed(await answer.text()).length]).toEqual([200, LIST_ROWS]);
    });

    test('finds titles, and keeps the search from part to part', async () => {
      const found = await html(`${LIST}?q=page+00`);
      expect(readListed(found).map(({ title }) => title)).toEqual(numbered(1, 9));
      expect(found).toContain('Found: 9 pages');
      expect(found).toContain('value="page 00"');
      const many = await html(`${LIST}?q=page`);
      const next = readStep(many, 'Next') ?? '';
      expect(next).toContain('q=page');
      const seen = new Set([...(await titles(`${LIST}?q=page`)), ...(await titles(next))]);
      expect(seen.size).toBe(2 * LIST_ROWS);
    });

    test.each(['%', '_', 'Page 0_1', '%00%'])('takes %j in a search for what it is', async (term) => {
      const page = await html(`${LIST}?q=${encodeURIComponent(term)}`);
      expect(readListed(page)).toEqual([]);
      expect(page).toContain('in its title.');
      expect(page).toContain('Show all');
    });

    test('gives htmx the list and nothing around it', async () => {
      const part = await html(`${LIST}?q=page+00`, { 'HX-Request': 'true' });
      expect(part).toStartWith('<div id="list"');
      expect(readListed(part)).toHaveLength(9);
      expect(part).not.toContain('<html');
    });
  });

  describe('deleting several', () => {
    test('says that nothing was selected', async () => {
      expect((await editor.post(BULK)).headers.get('location')).toBe(LIST);
      expect(await html(LIST)).toContain('Nothing was selected.');
    });

    test('asks first, with a summary of what goes', async () => {
      const content = await hub.database.tx((tx) => createContent(tx, TESTER, audio, { title: 'A', text: 'x' }));
      const ids: number[] = [];
      for (let n = 1; n <= 23; n += 1) ids.push(await add(`Gone ${n}`, n <= 2 ? [content, content] : []));
      const answer = await editor.post(BULK, { ids: [...ids, ids[0], 987_654].map(String) });
      expect(answer.status).toBe(200);
      const page = await answer.text();
      expect(page).toContain('To be deleted: 23 pages.');
      expect(page).toContain('they lose 4 places on these pages');
      expect(page.match(/>Gone \d+</g)).toHaveLength(20);
      expect(page).toContain('and 3 more');
      expect(page).toContain('Deleted already by somebody else: 1.');
      expect(readFields(page, /pages\/delete\//)).toMatchObject({ ids: ids.map(String), confirmed: ['1'] });
      expect(await findPage(hub.database, ids[0] ?? 0)).toBeDefined();
    });

    test('deletes them at once, passes over what is gone, and leaves the contents', async () => {
      const content = await hub.database.tx((tx) => createContent(tx, TESTER, audio, { title: 'A', text: 'x' }));
      const ids = [await add('One', [content]), await add('Two')];
      const answer = await editor.post(BULK, { ids: [...ids, 987_654].map(String), confirmed: '1' });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, LIST]);
      expect(await html(LIST)).toContain('Deleted: 2 pages.');
      expect(await Promise.all(ids.map((id) => findPage(hub.database, id)))).toEqual([undefined, undefined]);
      expect(await findContent(hub.database, audio, content)).toBeDefined();
      const [entry] = await listHistory(hub.database, { label: PAGE_LABEL, id: ids[0], limit: 1 });
      const before = { title: 'One', url: 'https://example.org/a?b=1&c=2', contents: [`${audio.label}:${content}`] };
      expect(entry).toMatchObject({ action: 'delete', before, actor: { name: 'editor' } });
      expect((await hub.request(`/api/v1/pages/${ids[0]}/`)).status).toBe(404);
    });

    test('of which none is left says so', async () => {
      expect((await editor.post(BULK, { ids: '987654' })).status).toBe(303);
      expect(await html(LIST)).toContain('Deleted already by somebody else: 1.');
      expect((await editor.post(BULK, { ids: '987654', confirmed: '1' })).status).toBe(303);
    });

    test('is not for viewers', async () => {
      const viewer = await logIn(hub, 'viewer');
      const id = await add('Stays');
      expect((await viewer.post(BULK, { ids: String(id), confirmed: '1' })).status).toBe(403);
      expect(await findPage(hub.database, id)).toBeDefined();
    });

    test('takes a bounded number', async () => {
      const ids = Array.from({ length: 1001 }, (_, n) => String(n + 1));
      expect((await editor.post(BULK, { ids, confirmed: '1' })).status).toBe(422);
    });
  });
});
