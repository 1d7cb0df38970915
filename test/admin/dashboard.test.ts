import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, removeContent } from '../../src/store/contents.ts';
import type { Actor } from '../../src/store/history.ts';
import { applyBatch } from '../../src/store/impressions.ts';
import { createPage } from '../../src/store/pages.ts';
import { createUsers, logIn } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const EDITOR: Actor = { via: 'admin', id: undefined, name: 'Ada', address: '' };
const HOSTILE = '<b>"Film" & more</b>';
const INERT = '&lt;b&gt;&quot;Film&quot; &amp; more&lt;/b&gt;';

describe.each(DIALECTS)('the dashboard (%s)', (dialect) => {
  let hub: TestHub;
  const pageOf = async (role: string) => (await logIn(hub, role)).get('/admin/').then((answer) => answer.text());

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    await hub.database.tx(async (tx) => {
      const film = { title: HOSTILE, file_url: 'https://example.org/film.mp4' };
      const id = await createContent(tx, EDITOR, video, film);
      await createContent(tx, EDITOR, audio, { title: 'Poem', text: 'Poem' });
      const gone = await createContent(tx, EDITOR, audio, { title: 'Gone', text: 'Gone' });
      await removeContent(tx, EDITOR, audio, gone);
      await createPage(tx, EDITOR, { title: 'Page', url: 'https://example.org/' }, [{ label: video.label, id }]);
      const batch = { source: 'test', seq: 1, batchId: 'test' };
      await applyBatch(tx, { ...batch, label: video.label, views: new Map([[1, 1200]]) }, 10);
      await applyBatch(tx, { ...batch, label: audio.label, views: new Map([[1, 1201]]) }, 10);
    });
  });
  afterAll(() => hub.stop());

  test('tells how much there is, with a way to each list', async () => {
    const page = await pageOf('viewer');
    const amounts = [...page.matchAll(/<a class="amount" href="([^"]+)"><strong>(\d+)<\/strong><span>([^<]+)/g)];
    expect(amounts.map(([, ...parts]) => parts)).toEqual([
      ['/admin/pages/', '1', 'Pages'],
      ['/admin/contents/video/', '1', 'videos'],
      ['/admin/contents/audio/', '1', 'audios'],
    ]);
  });

  test('lists what was edited last, newest first, each thing once, without a link to what is gone', async () => {
    const [, events = ''] = /<ol class="events">(.*?)<\/ol>/s.exec(await pageOf('viewer')) ?? [];
    const titles = events
      .split('<li>')
      .slice(1)
      .map((item) => item.slice(0, item.indexOf('<p')));
    expect(titles).toEqual([
      '<a href="/admin/pages/1/">Page</a>',
      '<span>Gone</span>',
      '<a href="/admin/contents/audio/1/">Poem</a>',
      `<a href="/admin/contents/video/1/">${INERT}</a>`,
    ]);
    expect(events).toContain('deleted by Ada');
    expect(events).toContain('added by Ada');
  });

  test('lists the most viewed contents of all types, and of when that is', async () => {
    const [, list = ''] = /id="most-viewed".*?<ol class="events">(.*)<\/section>/s.exec(await pageOf('viewer')) ?? [];
    expect([...list.matchAll(/([\d,]+) views?</g)].map(([, n]) => n)).toEqual(['1,201', '1,200']);
    expect(list.indexOf('Poem')).toBeLessThan(list.indexOf(INERT));
    expect(list).toMatch(/<time datetime="\d{4}-[^"]+">As of /);
  });

  test('shows each role only what it can use', async () => {
    const [viewer, editor, admin] = [await pageOf('viewer'), await pageOf('editor'), await pageOf('admin')];
    for (const [page, mayAdd, mayLook] of [
      [viewer, 0, 0],
      [editor, 4, 0],
      [admin, 4, 1],
    ] as const) {
      expect([...page.matchAll(/href="[^"]+\/add\/"/g)]).toHaveLength(mayAdd);
      const main = page.slice(page.indexOf('<main'));
      expect([...main.matchAll(/href="\/admin\/system\/"/g)]).toHaveLength(mayLook);
    }
  });

  test('says that views are counted', async () => {
    expect(await pageOf('viewer')).toMatch(/class="counting counting-ok">.*<strong>Up to date<\/strong>/s);
  });
});
