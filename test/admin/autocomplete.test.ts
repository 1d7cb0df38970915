import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, findContent } from '../../src/store/contents.ts';
import { createPage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, openVisitor, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const HOSTILE = `"><img src=x onerror=alert(1)>'&amp;{{x}}`;
const FRAGMENT = { 'HX-Request': 'true' };
const NEW_VIDEO = '/admin/autocomplete/new/video/';

interface Result {
  readonly id: string;
  readonly text: string;
  readonly type: string;
}

describe.each(DIALECTS)('the chooser (%s)', (dialect) => {
  let hub: TestHub;
  let editor: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    editor = await logIn(hub, 'editor');
    const titles = [
      'Sunset',
      'Sunset again',
      'The sunset',
      'Minisunset',
      '100% real',
      '100 real',
      'a_b',
      'axb',
      HOSTILE,
    ];
    await hub.database.tx(async (tx) => {
      for (const title of [...titles, 'Мимолётное', 'Ångström']) {
        await createContent(tx, TESTER, video, { title, file_url: 'https://example.org/' });
      }
      await createContent(tx, TESTER, audio, { title: 'Evening without sunsets', text: 'Text' });
      for (let n = 0; n < 45; n += 1) await createContent(tx, TESTER, audio, { title: `Row ${n}`, text: 'Text' });
    });
  });
  afterAll(() => hub.stop());

  async function ask(query: string, visitor = editor): Promise<{ results: Result[]; pagination: { more: boolean } }> {
    const response = await visitor.get(`/admin/autocomplete/${query}`);
    expect([query, response.status]).toEqual([query, 200]);
    return JSON.parse(await response.text());
  }
  const texts = async (query: string) => (await ask(query)).results.map(({ text }) => text);
  const options = async (query: string, visitor = editor) =>
    (await visitor.get(`/admin/autocomplete/${query}`, FRAGMENT)).text();

  test('answers with exactly these members, in this order, and ids that are strings', async () => {
    const response = await editor.get('/admin/autocomplete/?term=minisunset');
    expect(response.headers.get('content-type')).toBe('application/json');
    const [found] = (await ask('?term=minisunset')).results;
    expect(found?.id).toMatch(/^pages\.videocontent:\d+$/);
    expect(await response.text()).toBe(
      `{"results":[{"id":"${found?.id}","text":"Minisunset","type":"video"}],"pagination":{"more":false}}`,
    );
  });

  test('puts the whole title first, then its start, then the start of a word, then a part', async () => {
    expect(await texts('?term=SUNSET')).toEqual([
      'Sunset',
      'Sunset again',
      'The sunset',
      'Evening without sunsets',
      'Minisunset',
    ]);
  });

  test('takes percent signs and underscores as they are', async () => {
    expect(await texts('?term=100%25')).toEqual(['100% real']);
    expect(await texts('?term=a_b')).toEqual(['a_b']);
  });

  test('finds titles without their accents, and ё as е', async () => {
    expect(await texts(`?term=${encodeURIComponent('МИМОЛЕТНОЕ')}`)).toEqual(['Мимолётное']);
    expect(await texts('?term=angstrom')).toEqual(['Ångström']);
  });

  test('gives twenty a page, without gaps or doubles', async () => {
    const pages = await Promise.all([1, 2, 3].map((page) => ask(`?term=row&page=${page}`)));
    expect(pages.map(({ results, pagination }) => [results.length, pagination.more])).toEqual([
      [20, true],
      [20, true],
      [5, false],
    ]);
    expect(new Set(pages.flatMap(({ results }) => results.map(({ id }) => id))).size).toBe(45);
    expect((await ask('?term=row&page=4')).results).toEqual([]);
  });

  test('takes a page that is none for the first, and finds nothing behind the last', async () => {
    const first = await ask('?term=row');
    for (const page of ['', '0', '-1', '1.5', 'abc', '%00', '1e3', '１', '001']) {
      expect([page, await ask(`?term=row&page=${page}`)]).toEqual([page, first]);
    }
    for (const page of ['1000', '9007199254740993', '9'.repeat(400)]) {
      expect(await ask(`?term=row&page=${page}`)).toEqual({ results: [], pagination: { more: false } });
    }
  });

  test('answers whatever is asked for', async () => {
    for (const term of ['%00', '%ED%A0%80', '%E0%A4%A', '\\', '__proto__', 'x'.repeat(5000)]) {
      expect([term, (await ask(`?term=${term}`)).results]).toEqual([term, []]);
    }
    expect((await ask('?term=')).pagination.more).toBe(true);
    expect(await ask('')).toEqual(await ask('?term='));
  });

  test('gives htmx the options, with the part that was found marked', async () => {
    const html = await options('?term=set+a');
    expect(html).toContain('<span>Sun</span><mark>set a</mark><span>gain</span>');
    expect(html).toMatch(/<li [^>]*role="option"[^>]* data-value="pages\.videocontent:\d+" data-id="\d+"/);
    expect(html).toContain('1 content found.');
    expect(html).toMatch(/<span class="badge">video<\/span><span>#\d+<\/span>/);
    expect(await options(`?term=${encodeURIComponent('ЛЕТН')}`)).toContain('<mark>лётн</mark>');
  });

  test('says on how many pages each stands', async () => {
    expect(await options('?term=minisunset')).toContain('<span>on no page</span>');
    const [found] = (await ask('?term=minisunset')).results;
    const reference = { label: video.label, id: Number(found?.id.split(':')[1]) };
    await hub.database.tx(async (tx) => {
      for (const url of ['https://example.org/1', 'https://example.org/2']) {
        await createPage(tx, TESTER, { title: 'Page', url }, [reference, reference]);
      }
    });
    expect(await options('?term=minisunset')).toContain('<span>on 2 pages</span>');
  });

  test('says how many there are and where the next page is', async () => {
    const html = await options('?term=row');
    expect(html).toContain('The first 20 contents; there are more.');
    expect(html).toContain('data-more="/admin/autocomplete/?term=row&amp;page=2"');
    const last = await options('?term=row&page=3');
    expect(last).toContain('5 contents found.');
    expect(last).not.toContain('data-more');
    expect(last).not.toContain('data-create');
  });

  test('offers to make what was not found', async () => {
    const html = await options('?term=nowhere');
    expect(html).toContain('Nothing has “nowhere” in its title.');
    expect(html).toContain('data-create="/admin/autocomplete/new/video/"');
    expect(html).toContain('New audio “nowhere”…');
  });

  test('speaks the language of its reader', async () => {
    const page = await editor.get('/admin/autocomplete/?term=row', { ...FRAGMENT, 'Accept-Language': 'ru' });
    const html = await page.text();
    expect(html).toContain('Сначала 20 материалов; есть и другие.');
    expect(html).toContain('Создать: аудио «row»…');
  });

  test('keeps hostile titles and terms inert', async () => {
    const query = `?term=${encodeURIComponent(HOSTILE)}`;
    expect(await texts(query)).toEqual([HOSTILE]);
    expect((await editor.get(`/admin/autocomplete/${query}`)).headers.get('x-content-type-options')).toBe('nosniff');
    for (const html of [
      await options(query),
      await options(`?term=${encodeURIComponent('<img src=x onerror=alert(1)> nowhere')}`),
    ]) {
      expect(html).not.toMatch(/<img/i);
      expect(html).toContain('&lt;img');
    }
  });

  test('is for those who are logged in', async () => {
    const stranger = await openVisitor(hub);
    const page = await stranger.get('/admin/autocomplete/?term=a');
    expect([page.status, page.headers.get('location')]).toEqual([
      302,
      '/admin/login/?next=%2Fadmin%2Fautocomplete%2F%3Fterm%3Da',
    ]);
    for (const path of ['/admin/autocomplete/?term=a', NEW_VIDEO]) {
      const fragment = await stranger.get(path, FRAGMENT);
      expect([fragment.status, fragment.headers.has('hx-redirect'), await fragment.text()]).toEqual([401, true, '']);
    }
  });

  test('may be asked by viewers, who make nothing', async () => {
    const viewer = await logIn(hub, 'viewer');
    expect((await ask('?term=minisunset', viewer)).results).toHaveLength(1);
    expect(await options('?term=nowhere', viewer)).not.toContain('data-create');
    expect((await viewer.get(NEW_VIDEO, FRAGMENT)).status).toBe(403);
    const fields = { title: 'By a viewer', file_url: 'https://example.org/' };
    expect((await viewer.post(NEW_VIDEO, fields, FRAGMENT)).status).toBe(403);
    expect(await texts('?term=by+a+viewer')).toEqual([]);
  });

  describe('a new content', () => {
    test('has a field for each of its type, and the title that was typed', async () => {
      const html = await (await editor.get(`${NEW_VIDEO}?title=${encodeURIComponent(HOSTILE)}`, FRAGMENT)).text();
      for (const name of ['title', ...Object.keys(video.fields)]) expect(html).toContain(`name="${name}"`);
      expect(html).toContain('value="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#x27;&amp;amp;{{x}}"');
      expect(html).not.toContain('<html');
    });

    test('is stored with its history and answered with what to choose', async () => {
      const fields = { title: 'Made while choosing <b>', file_url: 'https://example.org/', counter: '7', id: '1' };
      const response = await editor.post(NEW_VIDEO, fields, FRAGMENT);
      const html = await response.text();
      const id = Number(/data-id="(\d+)"/.exec(html)?.[1]);
      expect(html).toBe(
        `<p data-value="pages.videocontent:${id}" data-id="${id}" data-type="video" data-text="Made while choosing &lt;b&gt;">Made while choosing &lt;b&gt;</p>`,
      );
      expect(await findContent(hub.database, video, id)).toMatchObject({ title: fields.title, counter: 0 });
      const [row] = await hub.database.rows(
        sql`select action, actor from ${hub.database.tables.history} where label = ${video.label} and object_id = ${id}`,
      );
      expect(row).toMatchObject({ action: 'create', actor: 'editor' });
    });

    test('that cannot be stored comes back as it was typed, with a message at its field', async () => {
      const title = 'x'.repeat(300);
      const response = await editor.post(NEW_VIDEO, { title, file_url: 'javascript:alert(1)' }, FRAGMENT);
      const html = await response.text();
      expect(response.status).toBe(422);
      expect(html).toContain(title);
      expect(html).toContain('javascript:alert(1)');
      expect(html).toContain('At most 255 characters, you sent 300.');
      expect(html).toContain('Enter an http or https address.');
      expect(await texts(`?term=${'x'.repeat(100)}`)).toEqual([]);
    });

    test('needs a token', async () => {
      const fields = { title: 'Forged', file_url: 'https://example.org/', csrf_token: 'x' };
      expect((await editor.post(NEW_VIDEO, fields, FRAGMENT)).status).toBe(403);
      expect(await texts('?term=forged')).toEqual([]);
    });

    test('is of a type there is', async () => {
      for (const type of ['film', '__proto__', 'pages.videocontent', 'VIDEO']) {
        expect((await editor.get(`/admin/autocomplete/new/${type}/`, FRAGMENT)).status).toBe(404);
      }
    });
  });
});

test('the chooser of a hub that allows one model knows no other', async () => {
  const hub = await startTestHub('sqlite', { settings: { PAGES_ALLOWED_CONTENT_MODELS: 'Pages.AudioContent' } });
  await createUsers(hub.database);
  await hub.database.tx(async (tx) => {
    await createContent(tx, TESTER, video, { title: 'Film', file_url: 'https://example.org/' });
    await createContent(tx, TESTER, audio, { title: 'Film music', text: 'Text' });
  });
  const editor = await logIn(hub, 'editor');
  const answer = await editor.get('/admin/autocomplete/?term=film');
  expect(JSON.parse(await answer.text()).results).toEqual([
    { id: 'pages.audiocontent:1', text: 'Film music', type: 'audio' },
  ]);
  const html = await (await editor.get('/admin/autocomplete/?term=x', FRAGMENT)).text();
  expect([html.includes('new/audio/'), html.includes('new/video/')]).toEqual([true, false]);
  expect((await editor.get(NEW_VIDEO, FRAGMENT)).status).toBe(404);
  expect((await editor.post(NEW_VIDEO, { title: 'A', file_url: 'https://example.org/' }, FRAGMENT)).status).toBe(404);
  await hub.stop();
});
