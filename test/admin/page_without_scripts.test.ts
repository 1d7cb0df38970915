import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { DIALECTS } from '../help/databases.ts';
import { contentsIn, fieldValue, PAGE_URL, type PageHub, startPageHub } from '../help/page_hub.ts';

describe.each(DIALECTS)('without JavaScript, the form of a page (%s)', (dialect) => {
  let on: PageHub;
  let d = '';

  beforeAll(async () => {
    on = await startPageHub(dialect);
    d = await on.makeVideo('D');
  });
  afterAll(() => on.stop());

  /** The contents that are stored when a page with A, B, C and D is sent with these places. */
  async function reorder(order: readonly string[], remove: readonly string[] = []): Promise<string> {
    const contents = [on.a, on.b, on.c, d];
    const id = await on.makePage('Ordered', contents);
    const sent = { title: 'Ordered', url: PAGE_URL, version: '1', contents, order, remove };
    expect((await on.editor.post(`/admin/pages/${id}/`, sent)).status).toBe(303);
    const names = new Map([on.a, on.b, on.c, d].map((value, index) => [value, 'ABCD'.charAt(index)]));
    return (await on.stored(id))?.contents.map((value) => names.get(value)).join('') ?? '';
  }

  test.each([
    [['1', '2', '3', '4'], 'ABCD', 'leaves what stands where it stood'],
    [['1', '2', '3', '1'], 'DABC', 'puts a content before the one whose place it is given'],
    [['3', '2', '3', '4'], 'BCAD', 'puts a content that moves down behind it'],
    [['4', '3', '2', '1'], 'DCBA', 'turns the order round'],
    [['99', '2', '3', '4'], 'BCDA', 'puts what moves past the end at the end'],
    [['', '', '', '1'], 'DABC', 'leaves what has no place where it stood'],
    [['001', '2', '3', '4', '1', '1'], 'ABCD', 'ignores places of rows that are not there'],
  ])('with the places %p makes %s: it %s', async (order, expected) => {
    expect(await reorder(order)).toBe(expected);
  });

  test('takes off what is ticked, by its place before', async () => {
    expect(await reorder(['1', '2', '3', '1'], ['1', '3'])).toBe('DB');
    expect(await reorder(['1', '2', '3', '4'], ['0', '-1', '5', 'x', '2'])).toBe('ACD');
  });

  test.each(['0', '-1', '1.5', 'first', '1e2', '99999999999'])('asks again for the place %s', async (place) => {
    const { a, b, editor } = on;
    const sent = { title: 'Placed', url: PAGE_URL, contents: [a, b], order: [place, '1'], remove: '2' };
    const answer = await editor.post('/admin/pages/add/', sent);
    const page = await answer.text();
    expect(answer.status).toBe(422);
    expect(page).toContain('A place is a whole number from 1.');
    expect(contentsIn(page)).toEqual([a, b]);
    expect(page).toMatch(new RegExp(`name="order"[^>]* value="${place}"`));
    expect(page.match(/name="remove"[^>]* checked/g)).toHaveLength(1);
  });

  test('opens the page of the chooser with all that was typed, and comes back with what was chosen', async () => {
    const { a, b, c, editor } = on;
    const id = await on.makePage('Chosen', [a, b]);
    const path = `/admin/pages/${id}/`;
    const typed = {
      title: 'Half a ti',
      url: 'not yet',
      version: '1',
      contents: [a, b],
      order: ['2', '1'],
      remove: '1',
    };
    const search = await editor.post(path, { ...typed, _choose: 'search', chooser_term: 'C' });
    const searchPage = await search.text();
    expect(search.status).toBe(200);
    expect(searchPage).toContain(`value="${c}"`);
    expect(searchPage).toContain(`action="${path}"`);
    expect([fieldValue(searchPage, 'title'), fieldValue(searchPage, 'url')]).toEqual(['Half a ti', 'not yet']);
    const back = await editor.post(path, { ...typed, chosen: [c], _chosen: '1' });
    const page = await back.text();
    expect(back.status).toBe(200);
    expect(contentsIn(page)).toEqual([a, b, c]);
    expect(fieldValue(page, 'title')).toBe('Half a ti');
    expect([...page.matchAll(/name="order"[^>]* value="(\d+)"/g)].map(([, order]) => order)).toEqual(['2', '1', '3']);
    expect(page.match(/name="remove"[^>]* checked/g)).toHaveLength(1);
    expect(page).toContain('data-unsaved');
    expect((await on.stored(id))?.version).toBe(1);
    const cancelled = await editor.post(path, { ...typed, chosen: [c], _cancel_choose: '1' });
    expect(contentsIn(await cancelled.text())).toEqual([a, b]);
  });

  test('looks for contents when Enter is pressed in the search, and saves nothing', async () => {
    const { a, c, editor } = on;
    const id = await on.makePage('Entered', [a]);
    const path = `/admin/pages/${id}/`;
    const form = await (await editor.get(path)).text();
    // Enter in a field presses the first button.
    const [, name = '', value = ''] = /<button type="submit" name="(\w+)" value="(\w+)"/.exec(form) ?? [];
    const sent = { title: 'Half a ti', url: PAGE_URL, version: '1', contents: [a], [name]: value };
    const page = await (await editor.post(path, { ...sent, chooser_term: 'C' })).text();
    expect(page).toContain(`value="${c}"`);
    expect((await on.stored(id))?.version).toBe(1);
    expect((await editor.post(path, { ...sent, chooser_term: '' })).status).toBe(303);
    expect((await on.stored(id))?.title).toBe('Half a ti');
  });

  test('lists a hundred of many, more when asked, and saves them all', async () => {
    const { a, b, c, editor } = on;
    const contents = Array.from({ length: 250 }, (_, index) => [a, b, c][index % 3] ?? a);
    const id = await on.makePage('Many', contents);
    const path = `/admin/pages/${id}/`;
    const rowsIn = (html: string) => html.match(/<li class="inline" data-row/g)?.length ?? 0;
    // One row more stands in the template for scripts.
    const first = await (await editor.get(path)).text();
    expect([rowsIn(first), contentsIn(first)]).toEqual([101, contents]);
    const order = Array.from({ length: 100 }, (_, index) => String(index + 1));
    const hidden = ','.repeat(149);
    const typed = { title: 'Many', url: PAGE_URL, version: '1', listed: '100', tail: '0' };
    const asSent = { ...typed, contents: [...contents.slice(0, 100), contents.slice(100).join(' ')] };
    const more = await editor.post(path, { ...asSent, order: [...order, hidden], _list: '200' });
    const second = await more.text();
    expect([more.status, rowsIn(second), contentsIn(second)]).toEqual([200, 201, contents]);
    // The first goes to place 180, among those that are not listed; what was chosen stands behind them all.
    const chosen = await editor.post(path, { ...asSent, order: [...order, hidden], chosen: [d], _chosen: '1' });
    expect(contentsIn(await chosen.text())).toEqual([...contents, d]);
    const moved = ['180', ...order.slice(1), hidden, '251'];
    expect((await editor.post(path, { ...asSent, contents: [...asSent.contents, d], order: moved })).status).toBe(303);
    const expected = [...contents.slice(1, 180), contents[0], ...contents.slice(180), d];
    expect((await on.stored(id))?.contents).toEqual(expected.map(String));
  });
});
