import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { parseReference, updatePage } from '../../src/store/pages.ts';
import { removeSession } from '../../src/store/sessions.ts';
import { hashToken } from '../../src/web/tokens.ts';
import { TESTER } from '../help/actor.ts';
import { logIn, PASSWORD } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { contentsIn, fieldValue, PAGE_URL, type PageHub, startPageHub } from '../help/page_hub.ts';

describe.each(DIALECTS)('the form of a page (%s)', (dialect) => {
  let on: PageHub;

  beforeAll(async () => {
    on = await startPageHub(dialect, { PAGE_CACHE_MS: '60000' });
  });
  afterAll(() => on.stop());

  const fields = (title: string, contents: readonly string[]) => ({ title, url: PAGE_URL, contents });
  const whereTo = (answer: Response) => [answer.status, answer.headers.get('location')];

  test('makes a page that shows its contents in the order they were sent, also one of them twice', async () => {
    const { a, c, editor } = on;
    const answer = await editor.post('/admin/pages/add/', { ...fields('New', [c, a, c]), _continue: '1' });
    expect(answer.status).toBe(303);
    const path = answer.headers.get('location') ?? '';
    const id = Number(/^\/admin\/pages\/(\d+)\/$/.exec(path)?.[1]);
    expect(await on.stored(id)).toEqual({ title: 'New', url: PAGE_URL, version: 1, contents: [c, a, c] });
    const page = await (await editor.get(path)).text();
    expect(page).toContain('“New” was created.');
    expect(contentsIn(page)).toEqual([c, a, c]);
  });

  test('saves an edit, and the API says so at once', async () => {
    const { a, b, c, editor, hub } = on;
    const id = await on.makePage('Old', [a, b]);
    const before = await (await hub.request(`/api/v1/pages/${id}/`)).text();
    const answer = await editor.post(`/admin/pages/${id}/`, { ...fields('Newer', [b, c]), version: '1', _save: '1' });
    expect(whereTo(answer)).toEqual([303, '/admin/pages/']);
    expect(await on.stored(id)).toEqual({ title: 'Newer', url: PAGE_URL, version: 2, contents: [b, c] });
    const after = await (await hub.request(`/api/v1/pages/${id}/`)).text();
    expect(before).toContain('"title":"Old"');
    expect(after).toContain('"title":"Newer"');
  });

  test('leads where the button says, and names the page', async () => {
    const { a, editor } = on;
    const id = await on.makePage('Ways', [a]);
    const path = `/admin/pages/${id}/`;
    const again = await editor.post(path, { ...fields('Ways', [a]), version: '1', _continue: '1' });
    expect(whereTo(again)).toEqual([303, path]);
    expect(await (await editor.get(path)).text()).toContain('“Ways” was saved.');
    const another = await editor.post(path, { ...fields('Ways', [a]), version: '1', _addanother: '1' });
    expect(whereTo(another)).toEqual([303, '/admin/pages/add/']);
  });

  test('stores no new version when nothing was changed', async () => {
    const { a, editor } = on;
    const id = await on.makePage('Still', [a]);
    await editor.post(`/admin/pages/${id}/`, { ...fields('Still', [a]), version: '1' });
    expect((await on.stored(id))?.version).toBe(1);
  });

  test('takes a page off all its contents when none is sent', async () => {
    const { a, b, editor } = on;
    const id = await on.makePage('Emptied', [a, b]);
    await editor.post(`/admin/pages/${id}/`, { ...fields('Emptied', []), version: '1' });
    expect((await on.stored(id))?.contents).toEqual([]);
  });

  test('sent twice at once is saved once, and is no conflict', async () => {
    const { a, b, editor } = on;
    const id = await on.makePage('Twice', [a]);
    const send = () => editor.post(`/admin/pages/${id}/`, { ...fields('Twice!', [a, b]), version: '1' });
    const answers = await Promise.all([send(), send()]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await on.stored(id)).toEqual({ title: 'Twice!', url: PAGE_URL, version: 2, contents: [a, b] });
  });

  test('changes nothing but title, address and contents', async () => {
    const { a, editor } = on;
    const id = await on.makePage('Assigned', [a]);
    const more = { id: '999999', updated_at: '1999-01-01', __proto__: 'x', constructor: 'x', counter: '7' };
    const answer = await editor.post(`/admin/pages/${id}/`, { ...fields('Assigned!', [a]), version: '1', ...more });
    expect(answer.status).toBe(303);
    expect((await on.stored(id))?.version).toBe(2);
    expect(await on.stored(999_999)).toBeUndefined();
  });

  test('keeps text of every script as it was typed', async () => {
    const { editor } = on;
    const title = '‏שלום‎ a\u200bb 👩‍👩‍👧 𝒳 &lt;b&gt; "quoted" <script>';
    const answer = await editor.post('/admin/pages/add/', { ...fields(title, []), _continue: '1' });
    const path = answer.headers.get('location') ?? '';
    const page = await (await editor.get(path)).text();
    expect(fieldValue(page, 'title')).toContain('&amp;lt;b&amp;gt;');
    expect(page).not.toContain('<script>"');
    expect((await on.stored(Number(path.split('/')[3])))?.title).toBe(title);
  });

  test('shows a viewer everything, and nothing to change it with', async () => {
    const id = await on.makePage('Looked at', [on.a, on.c]);
    const viewer = await logIn(on.hub, 'viewer');
    const path = `/admin/pages/${id}/`;
    const answer = await viewer.get(path);
    const main = /<main[\s\S]*<\/main>/.exec(await answer.text())?.[0] ?? '';
    expect(answer.status).toBe(200);
    expect(main).toContain('value="Looked at"');
    expect(main).toContain('/admin/contents/video/');
    expect(main).not.toMatch(/<button|<form|type="checkbox"/);
    expect(main.match(/<input/g)).toHaveLength(2);
    expect(main.match(/<input[^>]* readonly/g)).toHaveLength(2);
    for (const target of [path, '/admin/pages/add/', `${path}delete/`, `${path}duplicate/`]) {
      const refused = await viewer.post(target, { ...fields('Taken over', []), version: '1' });
      expect([target, refused.status]).toEqual([target, 403]);
    }
    expect((await on.stored(id))?.title).toBe('Looked at');
  });

  test('leads to the answer of the API and to the history', async () => {
    const id = await on.makePage('Links', []);
    const page = await (await on.editor.get(`/admin/pages/${id}/`)).text();
    expect(page).toContain(`href="/api/v1/pages/${id}/"`);
    expect(page).toContain(`href="/admin/pages/${id}/history/"`);
  });

  test('does not know pages that are none', async () => {
    for (const id of ['999999', '0', '-1', '1e3', '9007199254740993', 'x']) {
      expect([id, (await on.editor.get(`/admin/pages/${id}/`)).status]).toEqual([id, 404]);
      expect([id, (await on.editor.post(`/admin/pages/${id}/`, fields('x', []))).status]).toEqual([id, 404]);
    }
  });

  test('asks before it deletes, saying what goes; the contents stay', async () => {
    const { a, b, editor, hub } = on;
    const id = await on.makePage('Leaving', [a, b, a]);
    const question = await (await editor.get(`/admin/pages/${id}/delete/`)).text();
    expect(question).toContain('Delete “Leaving”?');
    expect(question).toContain('The page and its 3 places go. The contents stay.');
    expect(await on.stored(id)).toBeDefined();
    const answer = await editor.post(`/admin/pages/${id}/delete/`);
    expect(whereTo(answer)).toEqual([303, '/admin/pages/']);
    expect(await on.stored(id)).toBeUndefined();
    expect((await hub.request(`/api/v1/pages/${id}/`)).status).toBe(404);
    expect((await editor.get(`/admin/contents/video/${a.split(':')[1]}/`)).status).toBe(200);
  });

  test('says of a page that is deleted already that it is', async () => {
    const id = await on.makePage('Gone', []);
    await on.editor.post(`/admin/pages/${id}/delete/`);
    const again = await on.editor.post(`/admin/pages/${id}/delete/`);
    expect(whereTo(again)).toEqual([303, '/admin/pages/']);
    expect(await (await on.editor.get('/admin/')).text()).toContain('It was deleted already.');
  });

  test('keeps what was typed for a page that was deleted meanwhile, and makes it anew', async () => {
    const { a, b, editor } = on;
    const id = await on.makePage('Deleted under you', [a]);
    await editor.post(`/admin/pages/${id}/delete/`);
    const answer = await editor.post(`/admin/pages/${id}/`, { ...fields('My words', [b, a]), version: '1' });
    const page = await answer.text();
    expect(answer.status).toBe(409);
    expect(page).toContain('Somebody deleted this page while you were editing.');
    expect(page).toContain('action="/admin/pages/add/"');
    expect([fieldValue(page, 'title'), contentsIn(page)]).toEqual(['My words', [b, a]]);
  });

  test('copies a page with the same contents, and opens the copy', async () => {
    const { a, c, editor } = on;
    const id = await on.makePage('Original', [c, a, a]);
    const answer = await editor.post(`/admin/pages/${id}/duplicate/`);
    const path = answer.headers.get('location') ?? '';
    const copy = Number(path.split('/')[3]);
    expect(copy).not.toBe(id);
    const expected = { title: 'Original (copy)', url: PAGE_URL, version: 1, contents: [c, a, a] };
    expect(await on.stored(copy)).toEqual(expected);
    expect((await on.stored(id))?.title).toBe('Original');
  });

  test('copies one version of a page that is saved again and again meanwhile', async () => {
    const { a, b, editor, hub } = on;
    const shown = { 'Shows A': [a], 'Shows B': [b, b] };
    const versions = Object.entries(shown);
    const id = await on.makePage('Shows A', [a]);
    const references = (values: readonly string[]) => values.flatMap((value) => parseReference(value) ?? []);
    const copies: Promise<Response>[] = [];
    for (let version = 1; version <= 60; version += 1) {
      const [title = '', contents = []] = versions[version % 2] ?? [];
      copies.push(editor.post(`/admin/pages/${id}/duplicate/`));
      await hub.database.tx((tx) =>
        updatePage(tx, TESTER, id, version, { title, url: PAGE_URL }, references(contents)),
      );
    }
    for (const { headers } of await Promise.all(copies)) {
      const copy = await on.stored(Number(headers.get('location')?.split('/')[3]));
      const known = versions.map(([title, contents]) => ({ title: `${title} (copy)`, contents }));
      expect(known).toContainEqual({ title: copy?.title ?? '', contents: [...(copy?.contents ?? [])] });
    }
  });

  test('copies a page whose title leaves no room for the word', async () => {
    const id = await on.makePage('😀'.repeat(255), []);
    const answer = await on.editor.post(`/admin/pages/${id}/duplicate/`);
    const title = (await on.stored(Number(answer.headers.get('location')?.split('/')[3])))?.title ?? '';
    expect([...title].length).toBe(255);
    expect(title).toEndWith('😀… (copy)');
  });

  test('is kept when the session ends, and saved after the login', async () => {
    const { a, b } = on;
    const id = await on.makePage('Kept', [a]);
    const late = await logIn(on.hub, 'editor');
    const token = late.cookie().split('=')[1] ?? '';
    await on.hub.database.tx((tx) => removeSession(tx, hashToken(token)));
    const login = await late.post(`/admin/pages/${id}/`, { ...fields('Kept!', [b, a]), version: '1' });
    const kept = /name="kept" value="([^"]*)"/.exec(await login.text())?.[1] ?? '';
    expect(login.status).toBe(401);
    const text = kept.replaceAll('&#34;', '"').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    await late.post('/admin/login/', { username: 'editor', password: PASSWORD, next: '/admin/', kept: text });
    expect(await on.stored(id)).toEqual({ title: 'Kept!', url: PAGE_URL, version: 2, contents: [b, a] });
  });
});
