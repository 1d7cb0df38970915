import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, findContent } from '../../src/store/contents.ts';
import { listHistory } from '../../src/store/history.ts';
import { createPage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { HOSTILE, isBroken } from '../help/hostile.ts';
import { readFields, readProblems } from '../help/html.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const SAMPLE = join(import.meta.dirname, '..', '..', 'fixtures', 'sample_content.json');
const FORM = /id="content-form"/;
const FILM = { title: 'A film', file_url: 'https://example.org/a.mp4', subtitles_url: '' };

/** Texts that come back from a save as they went. */
const TEXTS = [
  '\n\nbegins with empty lines',
  'ends with them\n\n',
  '  blanks\taround  ',
  '&lt;b&gt; &amp; &amp;amp; &#60;',
  '<textarea></textarea>',
  '"quotes" \'both\' `kinds`',
  '👩‍👩‍👧‍👦 𝔘𝔫𝔦 𠜎',
  'שלום ‏(עולם)‏ \u202Eabc\u202C',
  'a\u200Bb\uFEFFc\u00ADd e\u0301 \u00e9',
  'one\ntwo\n\n\nthree',
];

/** The id in the address that a save leads to. */
function idIn(answer: Response): number {
  return Number(/\/(\d+)\/$/.exec(answer.headers.get('location') ?? '')?.[1]);
}

describe.each(DIALECTS)('the form of a content (%s)', (dialect) => {
  let hub: TestHub;
  let editor: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect, { fixtures: [SAMPLE] });
    await createUsers(hub.database);
    editor = await logIn(hub, 'editor');
  });
  afterAll(() => hub.stop());

  const add = (input: Readonly<Record<string, string>>) =>
    hub.database.tx((tx) => createContent(tx, TESTER, 'text' in input ? audio : video, input));
  const html = async (path: string, visitor = editor) => (await visitor.get(path)).text();

  test('makes a content, and says so in the list', async () => {
    const answer = await editor.post('/admin/contents/video/add/', { ...FILM, _save: '1' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/contents/video/']);
    expect(await html('/admin/contents/video/')).toContain('“A film” was created.');
    const [entry] = await listHistory(hub.database, { label: video.label, limit: 1 });
    expect(entry).toMatchObject({ action: 'create', title: 'A film', after: FILM, actor: { name: 'editor' } });
  });

  test('goes where the button says', async () => {
    const go = async (button: string) =>
      (await editor.post('/admin/contents/video/add/', { ...FILM, [button]: '1' })).headers.get('location');
    expect(await go('_continue')).toMatch(/^\/admin\/contents\/video\/\d+\/$/);
    expect(await go('_addanother')).toBe('/admin/contents/video/add/');
  });

  test('stores a change, and the API answers it at once', async () => {
    const id = await add(FILM);
    const page = await hub.database.tx((tx) =>
      createPage(tx, TESTER, { title: 'P', url: 'https://example.org/' }, [{ label: video.label, id }]),
    );
    const answered = async () => (await hub.request(`/api/v1/pages/${page}/`)).text();
    expect(await answered()).toContain('"title":"A film"');
    const answer = await editor.post(`/admin/contents/video/${id}/`, { ...FILM, title: 'Another', version: '1' });
    expect(answer.status).toBe(303);
    expect(await answered()).toContain('"title":"Another"');
  });

  test.each(TEXTS)('gives back %j as it was, edited and saved again', async (text) => {
    const created = await editor.post('/admin/contents/audio/add/', { title: `t ${text}`, text, _continue: '1' });
    const path = created.headers.get('location') ?? '';
    for (const version of ['1', '2']) {
      const fields = readFields(await html(path), FORM);
      expect([fields.version, fields.text]).toEqual([[version], [text]]);
      expect((await editor.post(path, { ...fields, title: `${version} ${text}` })).status).toBe(303);
    }
    expect(await findContent(hub.database, audio, idIn(created))).toMatchObject({
      title: `2 ${text}`,
      fields: { text },
    });
  });

  test('says at each field what is wrong, and keeps what was typed', async () => {
    const input = { title: 'x'.repeat(300), file_url: 'javascript:alert(1)', subtitles_url: 'no address' };
    const answer = await editor.post('/admin/contents/video/add/', input);
    expect(answer.status).toBe(422);
    const page = await answer.text();
    const url = 'Enter an http or https address.';
    expect(readProblems(page)).toEqual(['At most 255 characters, you sent 300.', url, url]);
    expect(page).toContain('3 fields need another look.');
    expect(readFields(page, FORM)).toMatchObject({ title: [input.title], file_url: [input.file_url] });
    const id = await add(FILM);
    const edit = await editor.post(`/admin/contents/video/${id}/`, { ...FILM, title: ' \n', version: '1' });
    expect([edit.status, readProblems(await edit.text())]).toEqual([422, ['This field is required.']]);
    expect(await findContent(hub.database, video, id)).toMatchObject({ title: 'A film', version: 1 });
  });

  test('says it in Russian', async () => {
    const answer = await editor.post(
      '/admin/contents/audio/add/',
      { title: '', text: 'x' },
      { 'Accept-Language': 'ru' },
    );
    const page = await answer.text();
    expect(readProblems(page)).toEqual(['Заполните это поле.']);
    expect(page).toContain('Текст, который читают.');
  });

  test('writes nothing but the type’s fields', async () => {
    const id = await add(FILM);
    const forged = { counter: '1000', id: '99999', updated_at: '2001-01-01', type: 'audio', __proto__: 'x', text: 'x' };
    const answer = await editor.post(`/admin/contents/video/${id}/`, { ...FILM, title: 'B', version: '1', ...forged });
    expect(answer.status).toBe(303);
    expect(await findContent(hub.database, video, id)).toMatchObject({ id, title: 'B', counter: 0, version: 2 });
    expect(await findContent(hub.database, video, 99_999)).toBeUndefined();
    const made = await editor.post('/admin/contents/video/add/', { ...FILM, ...forged, version: '77', _continue: '1' });
    expect(await findContent(hub.database, video, idIn(made))).toMatchObject({ counter: 0, version: 1 });
  });

  test('shows the counter as text', async () => {
    const id = await add(FILM);
    await hub.database.tx((tx) => tx.rows(sql`update pages_videocontent set counter = 1234567 where id = ${id}`));
    const page = await html(`/admin/contents/video/${id}/`);
    expect(page).toContain('<span>1,234,567</span>');
    expect(readFields(page, FORM)).not.toHaveProperty('counter');
  });

  test('names the pages that show the content, the first of many', async () => {
    const id = await add(FILM);
    expect(await html(`/admin/contents/video/${id}/`)).toContain('No page shows it.');
    const place = { label: video.label, id };
    for (let n = 1; n <= 12; n += 1) {
      const page = { title: `Page <${n}>`, url: 'https://example.org/' };
      await hub.database.tx((tx) => createPage(tx, TESTER, page, [place, place]));
    }
    const page = await html(`/admin/contents/video/${id}/`);
    expect(page).toContain('12 pages');
    expect(page).toContain('and 2 pages more');
    expect([...page.matchAll(/<a href="\/admin\/pages\/\d+\/"[^>]*>Page &lt;(\d+)&gt;/g)].map(([, n]) => n)).toEqual(
      Array.from({ length: 10 }, (_, n) => String(n + 1)),
    );
  });

  test('can be looked at by a viewer, who can change nothing', async () => {
    const viewer = await logIn(hub, 'viewer');
    const id = await add(FILM);
    const page = await html(`/admin/contents/video/${id}/`, viewer);
    expect(page).toContain('A film');
    expect(page.match(/<input[^>]*name="(title|file_url|subtitles_url)"[^>]*readonly/g)).toHaveLength(3);
    expect(page).not.toContain('name="_save"');
    const refused = [
      viewer.post(`/admin/contents/video/${id}/`, { ...FILM, title: 'B', version: '1' }),
      viewer.post(`/admin/contents/video/${id}/delete/`),
      viewer.post('/admin/contents/video/delete/', { ids: String(id), confirmed: '1' }),
      viewer.post('/admin/contents/video/add/', FILM),
      viewer.get('/admin/contents/video/add/'),
      viewer.get(`/admin/contents/video/${id}/delete/`),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
    expect(await findContent(hub.database, video, id)).toMatchObject({ title: 'A film', version: 1 });
  });

  test.each(['/admin/contents/nothing/', '/admin/contents/nothing/add/', '/admin/contents/nothing/1/'])(
    'is not there for a type that is none: %s',
    async (path) => {
      expect((await editor.get(path)).status).toBe(404);
    },
  );

  test.each(['0', '-1', '1e3', '99999999999999999999', 'x', '987654321'])('is not there for %s', async (id) => {
    expect((await editor.get(`/admin/contents/video/${id}/`)).status).toBe(404);
    expect((await editor.post(`/admin/contents/video/${id}/`, { ...FILM, version: '1' })).status).toBe(404);
  });

  test.each(HOSTILE)('shows %j as text, wherever it stands', async (text) => {
    const title = `${text} film`.replaceAll(/\s/g, ' ');
    const created = await editor.post('/admin/contents/audio/add/', { title, text, _continue: '1' });
    expect(created.headers.get('set-cookie')).not.toContain('broken=1;');
    const path = created.headers.get('location') ?? '';
    const pages = [
      await html(path),
      await html(`${path}delete/`),
      await html('/admin/contents/audio/'),
      await html(`/admin/contents/audio/?q=${encodeURIComponent(text)}`),
      await (await editor.post('/admin/contents/audio/delete/', { ids: /\d+/.exec(path)?.[0] ?? '' })).text(),
      await (await editor.post(path, { title: `${title} 2`, text: `${text} 2`, version: '9' })).text(),
      await (await editor.post(path, { title: '', text, version: '1' })).text(),
      await (await editor.post('/admin/contents/video/add/', { title, file_url: text, subtitles_url: text })).text(),
    ];
    expect(pages.map(isBroken)).toEqual(pages.map(() => false));
    expect(pages.filter((page) => !page.includes('</html>'))).toEqual([]);
  });

  test('offers a form to make it anew when it was deleted meanwhile', async () => {
    const id = await add(FILM);
    const other = await logIn(hub, 'admin');
    expect((await other.post(`/admin/contents/video/${id}/delete/`)).status).toBe(303);
    const answer = await editor.post(`/admin/contents/video/${id}/`, { ...FILM, title: 'Mine', version: '1' });
    expect(answer.status).toBe(409);
    const page = await answer.text();
    expect(page).toContain('Somebody deleted this while you were editing.');
    const { csrf_token: _, ...fields } = readFields(page, FORM);
    expect(page).toContain('action="/admin/contents/video/add/"');
    const made = await editor.post('/admin/contents/video/add/', { ...fields, _continue: '1' });
    expect(await findContent(hub.database, video, idIn(made))).toMatchObject({ title: 'Mine' });
  });

  describe('deleting', () => {
    test('asks first, and then deletes', async () => {
      const id = await add(FILM);
      expect(await html(`/admin/contents/video/${id}/delete/`)).toContain('Delete “A film”?');
      expect(await findContent(hub.database, video, id)).toBeDefined();
      const answer = await editor.post(`/admin/contents/video/${id}/delete/`);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/contents/video/']);
      expect(await findContent(hub.database, video, id)).toBeUndefined();
      const [entry] = await listHistory(hub.database, { label: video.label, id, limit: 1 });
      expect(entry).toMatchObject({ action: 'delete', before: FILM, actor: { name: 'editor' } });
    });

    test('is refused while a page shows the content, and the page is named', async () => {
      const id = await add(FILM);
      const page = { title: 'The <page>', url: 'https://example.org/' };
      await hub.database.tx((tx) => createPage(tx, TESTER, page, [{ label: video.label, id }]));
      const answer = await editor.post(`/admin/contents/video/${id}/delete/`);
      expect(answer.status).toBe(409);
      const text = await answer.text();
      expect(text).toContain('cannot be deleted');
      expect(text).toContain('The &lt;page&gt;');
      expect(text).not.toContain(`action="/admin/contents/video/${id}/delete/"`);
      expect(await findContent(hub.database, video, id)).toBeDefined();
    });

    test('a second time says that it was done', async () => {
      const id = await add(FILM);
      await editor.post(`/admin/contents/video/${id}/delete/`);
      expect((await editor.post(`/admin/contents/video/${id}/delete/`)).status).toBe(303);
      expect(await html('/admin/contents/video/')).toContain('It was deleted already.');
    });

    test('and showing it on a page at once leaves no page with a gap', async () => {
      for (let round = 0; round < 10; round += 1) {
        const id = await add(FILM);
        const page = { title: 'Race', url: 'https://example.org/' };
        const place = { label: video.label, id };
        const [removal, saved] = await Promise.all([
          editor.post(`/admin/contents/video/${id}/delete/`),
          hub.database
            .tx((tx) => createPage(tx, TESTER, page, [place]))
            .then(
              () => true,
              () => false,
            ),
        ]);
        const isThere = (await findContent(hub.database, video, id)) !== undefined;
        expect([removal.status, isThere]).toEqual(saved ? [409, true] : [303, false]);
      }
    });
  });

  describe('the preview', () => {
    const policyOf = (answer: Response) => answer.headers.get('content-security-policy') ?? '';

    test('is offered, and nothing of another host is in the page before', async () => {
      const id = await add(FILM);
      const answer = await editor.get(`/admin/contents/video/${id}/`);
      expect(policyOf(answer)).not.toContain('media-src');
      const page = await answer.text();
      expect(page).toContain('name="_preview"');
      expect(page).not.toContain('<video');
    });

    test('comes with the one policy that lets media of other hosts in', async () => {
      const id = await add({ ...FILM, subtitles_url: 'https://example.org/a.vtt' });
      const answer = await editor.get(`/admin/contents/video/${id}/?preview=1`);
      expect(policyOf(answer)).toContain('media-src https: http:');
      const page = await answer.text();
      expect(page).toMatch(/<video [^>]*src="https:\/\/example\.org\/a\.mp4"/);
      expect(page).toMatch(/<video [^>]*data-subtitles="https:\/\/example\.org\/a\.vtt"/);
    });

    test('shows what is in the form, and stores nothing', async () => {
      const id = await add(FILM);
      const typed = { ...FILM, title: 'Not saved', file_url: 'https://example.org/new.mp4', version: '1' };
      const answer = await editor.post(`/admin/contents/video/${id}/`, { ...typed, _preview: '1' });
      expect(policyOf(answer)).toContain('media-src https: http:');
      const page = await answer.text();
      expect(page).toContain('src="https://example.org/new.mp4"');
      expect(readFields(page, FORM)).toMatchObject({ title: ['Not saved'], version: ['1'] });
      expect(await findContent(hub.database, video, id)).toMatchObject({ title: 'A film', version: 1 });
      const fresh = await editor.post('/admin/contents/video/add/', { ...typed, _preview: '1' });
      expect([fresh.status, await fresh.text()]).toEqual([200, expect.stringContaining('<video')]);
    });

    test('shows an old bad address as text, without a link', async () => {
      const id = await add(FILM);
      const bad = 'javascript:window.broken=1';
      await hub.database.tx((tx) => tx.rows(sql`update pages_videocontent set file_url = ${bad} where id = ${id}`));
      const answer = await editor.get(`/admin/contents/video/${id}/?preview=1`);
      expect(policyOf(answer)).not.toContain('media-src');
      const page = await answer.text();
      expect([page.includes('<video'), page.includes('href="javascript')]).toEqual([false, false]);
      expect(page).toContain(bad);
    });

    test('says that browsers do not show SubRip', async () => {
      const id = await add({ ...FILM, subtitles_url: 'https://example.org/A.SRT?x=1' });
      const page = await html(`/admin/contents/video/${id}/?preview=1`);
      expect([page.includes('SubRip'), page.includes('<video'), page.includes('data-subtitles=')]).toEqual([
        true,
        true,
        false,
      ]);
    });

    test('is not offered for a type that has none', async () => {
      const id = await add({ title: 'T', text: 'x' });
      const answer = await editor.get(`/admin/contents/audio/${id}/?preview=1`);
      expect([policyOf(answer).includes('media-src'), (await answer.text()).includes('_preview')]).toEqual([
        false,
        false,
      ]);
    });
  });
});
