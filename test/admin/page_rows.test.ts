/** Pages with more contents than anybody should give them: fixtures and older versions may have, and they stay editable. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { PAGE_CONTENTS_MAX } from '../../src/web/admin/page_input.ts';
import { FORM_FIELDS_MAX } from '../../src/web/forms.ts';
import { DIALECTS } from '../help/databases.ts';
import { contentsIn, PAGE_URL, type PageHub, startPageHub } from '../help/page_hub.ts';

describe.each(DIALECTS)('a page with very many contents (%s)', (dialect) => {
  let on: PageHub;

  beforeAll(async () => {
    on = await startPageHub(dialect);
  });
  afterAll(() => on.stop());

  const many = (count: number) => Array.from({ length: count }, (_, index) => [on.a, on.b, on.c][index % 3] ?? on.a);
  const save = async (id: number, version: number, title: string, contents: readonly string[]) => {
    const sent = { title, url: PAGE_URL, version: String(version), contents: contents.join(' ') };
    const answer = await on.editor.post(`/admin/pages/${id}/`, sent);
    return { status: answer.status, page: await answer.text() };
  };

  test('may keep what it has, and lose some, but be given no more', async () => {
    const contents = many(PAGE_CONTENTS_MAX + 2);
    const id = await on.makePage('Grown', contents);
    expect((await save(id, 1, 'Grown, renamed', contents)).status).toBe(303);
    const more = await save(id, 2, 'More', [...contents, on.a]);
    expect(more.status).toBe(422);
    expect(more.page).toContain('A page shows at most 5,002 contents, you sent 5,003.');
    expect((await save(id, 2, 'Fewer', contents.slice(1))).status).toBe(303);
    expect((await save(id, 3, 'As before', contents)).status).toBe(422);
    expect(await on.stored(id)).toMatchObject({ title: 'Fewer', version: 3, contents: contents.slice(1) });
  });

  test('is listed for scripts, whatever it has', async () => {
    const contents = many(PAGE_CONTENTS_MAX + 2);
    const answer = await on.editor.post('/admin/pages/rows/', { contents: contents.join(' '), count: '10' });
    const html = await answer.text();
    expect([answer.status, html.match(/data-row/g)?.length, contentsIn(html)]).toEqual([200, 10, contents]);
    const all = await on.editor.post('/admin/pages/rows/', { contents: contents.join(' '), count: '9999' });
    const rows = await all.text();
    expect([rows.match(/data-row/g)?.length, contentsIn(rows).length]).toEqual([PAGE_CONTENTS_MAX, contents.length]);
  });

  test('is never listed, without JavaScript, in a form that has more fields than may be sent', async () => {
    const contents = many(PAGE_CONTENTS_MAX);
    const id = await on.makePage('Listed', contents);
    const sent = { title: 'Listed', url: PAGE_URL, version: '1', contents: contents.join(' '), _list: '5000' };
    const html = await (await on.editor.post(`/admin/pages/${id}/`, sent)).text();
    expect(contentsIn(html)).toEqual(contents);
    expect(html.match(/ name="/g)?.length).toBeLessThan(FORM_FIELDS_MAX);
    expect(html.match(/data-row/g)?.length).toBeGreaterThan(PAGE_CONTENTS_MAX / 2);
  });
});
