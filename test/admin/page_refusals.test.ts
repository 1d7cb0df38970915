import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { removeContent } from '../../src/store/contents.ts';
import { TESTER } from '../help/actor.ts';
import { DIALECTS } from '../help/databases.ts';
import { contentsIn, fieldValue, PAGE_URL, type PageHub, startPageHub } from '../help/page_hub.ts';

describe.each(DIALECTS)('a page that cannot be stored (%s)', (dialect) => {
  let on: PageHub;

  beforeAll(async () => {
    on = await startPageHub(dialect);
  });
  afterAll(() => on.stop());

  const send = async (path: string, sent: Readonly<Record<string, string | readonly string[]>>) => {
    const answer = await on.editor.post(path, { title: 'Fine', url: PAGE_URL, ...sent });
    return { status: answer.status, page: await answer.text() };
  };

  test.each([
    ['title', '', 'This field is required.'],
    ['title', ' \t ', 'This field is required.'],
    ['title', 'ä'.repeat(300), 'At most 255 characters, you sent 300.'],
    ['title', 'a\0b', 'NUL characters are not allowed.'],
    ['url', '', 'This field is required.'],
    ['url', 'javascript:alert(1)', 'Enter an http or https address.'],
    ['url', 'https://', 'Enter an http or https address.'],
    ['url', 'https://a b/', 'Enter an http or https address.'],
  ])('says what is wrong with the %s %p at the field, and keeps all that was sent', async (name, value, sentence) => {
    const { a, c } = on;
    const { status, page } = await send('/admin/pages/add/', { [name]: value, contents: [c, a, c] });
    expect(status).toBe(422);
    const field = new RegExp(`<div class="field field-wrong">(?:(?!</div>)[\\s\\S])*name="${name}"`).exec(page)?.[0];
    expect(field).toContain(sentence);
    expect(contentsIn(page)).toEqual([c, a, c]);
    const other = name === 'title' ? (['url', PAGE_URL] as const) : (['title', 'Fine'] as const);
    expect(fieldValue(page, other[0])).toBe(other[1]);
  });

  /** The list item of the form that holds this value. */
  const rowOf = (page: string, value: string) =>
    page.split('<li class="inline').find((row) => row.includes(`name="contents" value="${value}"`)) ?? '';

  test.each([
    ['pages.nosuchcontent:1', 'This is no content.'],
    ['pages.page:1', 'This is no content.'],
    ['auth.user:1', 'This is no content.'],
    ['pages.videocontent:999999', 'This content does not exist any more.'],
    ['pages.videocontent:0', 'This is no content.'],
    ['pages.videocontent:-1', 'This is no content.'],
    ['pages.videocontent:1e3', 'This is no content.'],
    ['pages.videocontent:9007199254740993', 'This is no content.'],
    ['__proto__:1', 'This is no content.'],
    ['constructor', 'This is no content.'],
    ['pages_videocontent;drop:1', 'This is no content.'],
  ])('names %s at its row', async (value, sentence) => {
    const { a, b } = on;
    const { status, page } = await send('/admin/pages/add/', { contents: [a, value, b] });
    expect(status).toBe(422);
    expect(rowOf(page, value)).toContain(sentence);
    expect(rowOf(page, a)).not.toContain('field-problem');
    expect(contentsIn(page)).toEqual([a, value, b]);
  });

  test('holds a content that was deleted meanwhile, until it is taken off', async () => {
    const { a } = on;
    const gone = await on.makeVideo('Short-lived');
    const id = await on.makePage('Holds', [a]);
    await on.hub.database.tx((tx) => removeContent(tx, TESTER, video, Number(gone.split(':')[1])));
    const refused = await send(`/admin/pages/${id}/`, { version: '1', contents: [gone, a], order: ['1', '2'] });
    expect([refused.status, contentsIn(refused.page)]).toEqual([422, [gone, a]]);
    const sent = { version: '1', contents: [gone, a], order: ['1', '2'], remove: '1' };
    expect((await send(`/admin/pages/${id}/`, sent)).status).toBe(303);
    expect((await on.stored(id))?.contents).toEqual([a]);
  });

  test('shows far more contents than a page may have, and says how many were sent', async () => {
    const id = await on.makePage('Too many', []);
    const contents = Array.from({ length: 5001 }, () => on.a).join(' ');
    const { status, page } = await send(`/admin/pages/${id}/`, { version: '1', contents });
    expect(status).toBe(422);
    expect(page).toContain('A page shows at most 5,000 contents, you sent 5,001.');
    expect(contentsIn(page)).toHaveLength(5001);
    expect((await on.stored(id))?.version).toBe(1);
  });

  test.each(['_list', 'listed', 'tail'])(
    'lists no more rows than a page may have, whatever %s asks for',
    async (name) => {
      const contents = Array.from({ length: 12_000 }, () => on.a).join(' ');
      const { page } = await send('/admin/pages/add/', { contents, [name]: '9007199254740991' });
      expect(page.split(' data-row>').length).toBeLessThan(5200);
      expect(contentsIn(page)).toHaveLength(12_000);
    },
  );

  test('says before anything else how much is wrong, and ties each sentence about a row to its place', async () => {
    const { a } = on;
    const gone = ['pages.videocontent:999998', 'pages.videocontent:999999'];
    const { page } = await send('/admin/pages/add/', { contents: [a, ...gone] });
    expect(page).toMatch(/role="alert">2 fields need another look\./);
    for (const value of gone) {
      const described = /aria-invalid="true" aria-describedby="([^"]+)"/.exec(rowOf(page, value))?.[1];
      expect(rowOf(page, value)).toContain(`id="${described}">This content does not exist any more.`);
    }
    const both = await send('/admin/pages/add/', { title: '', contents: gone[0] ?? '' });
    expect(both.page).toMatch(/role="alert">2 fields need another look\./);
    expect(both.page.match(/role="alert"/g)).toHaveLength(1);
  });

  test('says of a form with too many fields that these are what is wrong', async () => {
    const { status, page } = await send('/admin/pages/add/', { x: Array.from({ length: 10_001 }, () => 'y') });
    expect(status).toBe(422);
    expect(page).toContain('It has more than 10,000 fields. Nothing was changed.');
  });

  test('cuts a forged reference short where it is shown', async () => {
    const value = `x${'y'.repeat(5000)}`;
    const { page } = await send('/admin/pages/add/', { contents: [value] });
    expect(page.split(value)).toHaveLength(2);
  });
});

describe.each(DIALECTS)('where pages are given videos only (%s)', (dialect) => {
  let on: PageHub;

  beforeAll(async () => {
    on = await startPageHub(dialect, { PAGES_ALLOWED_CONTENT_MODELS: video.label });
  });
  afterAll(() => on.stop());

  test('an audio is refused, and one that stands on the page stays', async () => {
    const { a, c, editor } = on;
    const id = await on.makePage('Old audio', [c]);
    const sent = { title: 'Old audio', url: PAGE_URL, version: '1' };
    expect((await editor.post(`/admin/pages/${id}/`, { ...sent, contents: [a, c] })).status).toBe(303);
    const refused = await editor.post('/admin/pages/add/', { ...sent, contents: [a, c] });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('Contents of this kind may not be put on pages here.');
    expect(c).toStartWith(audio.label);
  });
});
