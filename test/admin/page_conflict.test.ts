import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { PAGE_URL, type PageHub, startPageHub } from '../help/page_hub.ts';

/** The values of the radio buttons of a field, and which of them is chosen. */
function choicesOf(page: string, name: string): { readonly values: string[]; readonly chosen: string | undefined } {
  const inputs = [...page.matchAll(new RegExp(`<input type="radio"[^>]* name="${name}" value="([^"]*)"([^>]*)`, 'g'))];
  const chosen = inputs.find(([, , rest = '']) => rest.includes('checked'))?.[1];
  return { values: inputs.map(([, value = '']) => value), chosen };
}

describe.each(DIALECTS)('a page saved by somebody else meanwhile (%s)', (dialect) => {
  let on: PageHub;
  let other: Visitor;

  beforeAll(async () => {
    on = await startPageHub(dialect);
    other = await logIn(on.hub, 'admin');
  });
  afterAll(() => on.stop());

  const path = (id: number) => `/admin/pages/${id}/`;
  const page = (title: string, contents: readonly string[], version: number, url = PAGE_URL) => ({
    ...{ title, url, contents },
    version: String(version),
  });

  test('is shown in both versions, and nothing is stored', async () => {
    const { a, b, c, editor } = on;
    const id = await on.makePage('Start', [a, b]);
    await other.post(path(id), page('Theirs <b>', [a], 1));
    const answer = await editor.post(path(id), page('Mine', [a, b, c], 1));
    const html = await answer.text();
    expect(answer.status).toBe(409);
    expect(html).toContain('admin saved this while you were editing');
    expect(html).toContain('Mine');
    expect(html).toContain('Theirs &lt;b');
    expect(html).toContain('name="version" value="2"');
    expect(await on.stored(id)).toEqual({ title: 'Theirs <b>', url: PAGE_URL, version: 2, contents: [a] });
  });

  test('is merged field by field: what only one of both changed is that one’s', async () => {
    const { a, b, c, editor } = on;
    const id = await on.makePage('Start', [a, b]);
    await other.post(path(id), page('Theirs', [a, b], 1));
    const html = await (await editor.post(path(id), page('Start', [c, a, b], 1))).text();
    expect(choicesOf(html, 'title')).toEqual({ values: ['Start', 'Theirs'], chosen: 'Theirs' });
    expect(choicesOf(html, 'contents').chosen).toBe([c, a, b].join(' '));
    const sent = page('Theirs', [[c, a, b].join(' ')], 2);
    expect((await editor.post(path(id), { ...sent, _continue: '1' })).status).toBe(303);
    expect(await on.stored(id)).toEqual({ title: 'Theirs', url: PAGE_URL, version: 3, contents: [c, a, b] });
  });

  test('offers contents with the changes of both', async () => {
    const { a, b, c, editor } = on;
    const id = await on.makePage('Start', [a, b]);
    await other.post(path(id), page('Start', [b, a, a], 1));
    const html = await (await editor.post(path(id), page('Start', [a, c], 1))).text();
    const both = [a, a, c].join(' ');
    expect(choicesOf(html, 'contents')).toEqual({
      values: [both, [a, c].join(' '), [b, a, a].join(' ')],
      chosen: both,
    });
    expect(html).toContain('only in mine');
    expect(html).toContain('only in theirs');
  });

  test('offers the order of who alone has changed it, with what the other has added', async () => {
    const { a, b, c, editor } = on;
    const id = await on.makePage('Start', [a, b]);
    await other.post(path(id), page('Start', [a, b, c], 1));
    const html = await (await editor.post(path(id), page('Start', [b, a], 1))).text();
    const both = choicesOf(html, 'contents').chosen;
    expect(both?.split(' ').toSorted()).toEqual([a, b, c].toSorted());
    expect(both?.split(' ').filter((value) => value !== c)).toEqual([b, a]);
  });

  test('is shown again, with what was chosen, when it was saved once more', async () => {
    const { a, b, editor } = on;
    const id = await on.makePage('Start', [a]);
    await other.post(path(id), page('Second', [a], 1));
    await editor.post(path(id), page('Mine', [b], 1));
    await other.post(path(id), page('Third', [a], 2));
    const again = await editor.post(path(id), page('Mine', [b], 2));
    const html = await again.text();
    expect([again.status, choicesOf(html, 'title').values]).toEqual([409, ['Mine', 'Third']]);
    expect(html).toContain('name="version" value="3"');
    expect((await editor.post(path(id), page('Mine', [b], 3))).status).toBe(303);
    expect((await on.stored(id))?.title).toBe('Mine');
  });

  test('asks for everything when the version it began with is not known', async () => {
    const { a, editor } = on;
    const id = await on.makePage('Start', [a]);
    for (const version of ['', '0', '-1', '99', 'x', '9007199254740993']) {
      const answer = await editor.post(path(id), { ...page('Mine', [a], 1), version });
      expect([version, answer.status]).toEqual([version, 409]);
      expect(choicesOf(await answer.text(), 'title').chosen).toBe('Mine');
    }
    expect((await on.stored(id))?.version).toBe(1);
  });

  test('is refused before it is compared when what was sent cannot be stored', async () => {
    const { a, editor } = on;
    const id = await on.makePage('Start', [a]);
    await other.post(path(id), page('Theirs', [a], 1));
    const answer = await editor.post(path(id), page('', [a], 1));
    expect(answer.status).toBe(422);
    // Saved again it is still stale: the version is the one it began with.
    expect(await answer.text()).toContain('name="version" value="1"');
  });
});
