import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent } from '../../src/store/contents.ts';
import { createPage, findPage, formatReference } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const URL = 'https://example.org/films/';

/** The values of the fields `contents` of a form, as the browser would send them. */
function contentsIn(html: string): string[] {
  return [...html.matchAll(/name="contents" value="([^"]*)"/g)].flatMap(([, value = '']) =>
    value.split(' ').filter(Boolean),
  );
}

describe.each(DIALECTS)('the form of a page (%s)', (dialect) => {
  let hub: TestHub;
  let editor: Visitor;
  /** `label:id` of contents called A, B, C and D. */
  let a = '',
    b = '',
    c = '';

  const makeVideo = (title: string) =>
    hub.database.tx((tx) =>
      createContent(tx, TESTER, video, { title, file_url: 'https://example.org/f.mp4', subtitles_url: '' }),
    );
  const makePage = (title: string, references: readonly string[]) =>
    hub.database.tx((tx) => createPage(tx, TESTER, { title, url: URL }, references.map(toReference)));
  const toReference = (text: string) => {
    const [label = '', id = ''] = text.split(':');
    return { label, id: Number(id) };
  };
  const stored = async (id: number) => {
    const page = await findPage(hub.database, id);
    return (
      page && { title: page.title, url: page.url, version: page.version, contents: page.contents.map(formatReference) }
    );
  };

  beforeAll(async () => {
    hub = await startTestHub(dialect, { settings: { PAGE_CACHE_MS: '60000' } });
    await createUsers(hub.database);
    editor = await logIn(hub, 'editor');
    a = formatReference({ label: video.label, id: await makeVideo('A') });
    b = formatReference({ label: video.label, id: await makeVideo('B') });
    const audioId = await hub.database.tx((tx) => createContent(tx, TESTER, audio, { title: 'C', text: 'words' }));
    c = formatReference({ label: audio.label, id: audioId });
  });
  afterAll(() => hub.stop());

  test('makes a page that shows its contents in the order they were sent', async () => {
    const answer = await editor.post('/admin/pages/add/', {
      title: 'New',
      url: URL,
      contents: [c, a, c],
      _continue: '1',
    });
    expect(answer.status).toBe(303);
    const path = answer.headers.get('location') ?? '';
    const id = Number(/^\/admin\/pages\/(\d+)\/$/.exec(path)?.[1]);
    expect(await stored(id)).toEqual({ title: 'New', url: URL, version: 1, contents: [c, a, c] });
    const page = await (await editor.get(path)).text();
    expect(page).toContain('“New” was created.');
    expect(contentsIn(page)).toEqual([c, a, c]);
  });

  test('saves an edit, and the API says so at once', async () => {
    const id = await makePage('Old', [a, b]);
    const before = await (await hub.request(`/api/v1/pages/${id}/`)).text();
    const answer = await editor.post(`/admin/pages/${id}/`, {
      title: 'Newer',
      url: URL,
      version: '1',
      contents: [b, c],
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/pages/']);
    expect(await stored(id)).toEqual({ title: 'Newer', url: URL, version: 2, contents: [b, c] });
    const after = await (await hub.request(`/api/v1/pages/${id}/`)).text();
    expect(before).toContain('"title":"Old"');
    expect(after).toContain('"title":"Newer"');
  });
});
