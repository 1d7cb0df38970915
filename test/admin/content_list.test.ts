import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, findContent } from '../../src/store/contents.ts';
import { listHistory } from '../../src/store/history.ts';
import { createPage } from '../../src/store/pages.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { readFields } from '../help/html.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { readListed } from '../help/list.ts';

const LIST = '/admin/contents/audio/';
const BULK = '/admin/contents/audio/delete/';

describe.each(DIALECTS)('the list of a type’s contents (%s)', (dialect) => {
  let hub: TestHub;
  let editor: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    editor = await logIn(hub, 'editor');
  });
  afterAll(() => hub.stop());

  const add = (title: string) => hub.database.tx((tx) => createContent(tx, TESTER, audio, { title, text: 'x' }));
  const show = (title: string, ids: readonly number[]) =>
    hub.database.tx((tx) =>
      createPage(
        tx,
        TESTER,
        { title, url: 'https://example.org/' },
        ids.map((id) => ({ label: audio.label, id })),
      ),
    );
  const html = async (path: string, visitor = editor) => (await visitor.get(path)).text();
  const exists = async (id: number) => (await findContent(hub.database, audio, id)) !== undefined;

  test('says what to do while it is empty', async () => {
    const page = await html('/admin/contents/video/');
    expect(page).toContain('Videos: there are none yet.');
    expect(page).toContain('href="/admin/contents/video/add/"');
    const viewer = await logIn(hub, 'viewer');
    expect(await html('/admin/contents/video/', viewer)).not.toContain('/admin/contents/video/add/');
  });

  test('has a row for each content, with counter and pages', async () => {
    const id = await add('Listed');
    await show('One', [id, id]);
    await show('Two', [id]);
    const row = readListed(await html(LIST)).find(({ title }) => title === 'Listed');
    expect(row).toMatchObject({ id, href: `${LIST}${id}/`, cells: [String(id), '0', '2', expect.any(String)] });
  });

  test('lets a viewer look and not choose', async () => {
    const viewer = await logIn(hub, 'viewer');
    const page = await html(LIST, viewer);
    expect(readListed(page).length).toBeGreaterThan(0);
    expect([page.includes('name="ids"'), page.includes('delete/')]).toEqual([false, false]);
  });

  describe('deleting several', () => {
    test('says that nothing was selected', async () => {
      const answer = await editor.post(BULK);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, LIST]);
      expect(await html(LIST)).toContain('Nothing was selected.');
    });

    test('asks first, names what goes and what stays with its pages', async () => {
      const [free, used] = [await add('Free'), await add('Used')];
      await show('Holder', [used]);
      const answer = await editor.post(BULK, { ids: [String(free), String(used), '987654'] });
      expect(answer.status).toBe(200);
      const page = await answer.text();
      expect(page).toContain('To be deleted: 1.');
      expect(page).toContain('Deleted already by somebody else: 1.');
      expect(page.slice(page.indexOf('class="kept"'))).toMatch(/Used<\/a>.*Holder<\/a>/s);
      expect(readFields(page, /delete\//)).toMatchObject({ ids: [String(free)], confirmed: ['1'] });
      expect([await exists(free), await exists(used)]).toEqual([true, true]);
    });

    test('deletes what no page shows, and leaves the rest and a word about it', async () => {
      const [free, more, used] = [await add('Free'), await add('More'), await add('Used')];
      await show('Holder', [used]);
      const ids = [free, more, used, 987_654].map(String);
      const answer = await editor.post(BULK, { ids, confirmed: '1' });
      expect(answer.status).toBe(303);
      expect(await html(LIST)).toContain('Deleted: 2. Kept, because pages show them: 1.');
      expect([await exists(free), await exists(more), await exists(used)]).toEqual([false, false, true]);
      const [entry] = await listHistory(hub.database, { label: audio.label, id: free, limit: 1 });
      expect(entry).toMatchObject({
        action: 'delete',
        before: { title: 'Free', text: 'x' },
        actor: { name: 'editor' },
      });
    });

    test('of which all are shown is refused', async () => {
      const used = await add('Used');
      await show('Holder', [used]);
      const answer = await editor.post(BULK, { ids: String(used) });
      expect(answer.status).toBe(409);
      const page = await answer.text();
      expect(page).toContain('None of these can be deleted');
      expect(page).not.toContain('name="ids"');
    });

    test('of which none is left says so', async () => {
      expect((await editor.post(BULK, { ids: '987654' })).status).toBe(303);
      expect(await html(LIST)).toContain('Deleted already by somebody else: 1.');
    });

    test('takes no id of another type, and nothing that is none', async () => {
      const id = await hub.database.tx((tx) =>
        createContent(tx, TESTER, video, { title: 'V', file_url: 'https://example.org/', subtitles_url: '' }),
      );
      await editor.post('/admin/contents/audio/delete/', { ids: ['x', '-1', '1e9', ''], confirmed: '1' });
      expect(await html(LIST)).toContain('Nothing was selected.');
      expect(await findContent(hub.database, video, id)).toBeDefined();
    });

    test('and showing them on pages at once leaves no page with a gap', async () => {
      for (let round = 0; round < 10; round += 1) {
        const ids = [await add('Race 1'), await add('Race 2'), await add('Race 3')];
        const [answer, saved] = await Promise.all([
          editor.post(BULK, { ids: ids.map(String), confirmed: '1' }),
          show('Race', ids.slice(0, 2)).then(
            () => true,
            () => false,
          ),
        ]);
        expect(answer.status).toBe(303);
        expect(await Promise.all(ids.map(exists))).toEqual([saved, saved, false]);
      }
    });
  });
});
