import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, findContent, removeContent, updateContent } from '../../src/store/contents.ts';
import { listHistory, recordHistory } from '../../src/store/history.ts';
import {
  createPage,
  findPage,
  formatReference,
  PAGE_LABEL,
  parseReference,
  removePage,
  updatePage,
} from '../../src/store/pages.ts';
import { findUser } from '../../src/store/users.ts';
import { PAGE_CONTENTS_MAX } from '../../src/web/admin/page_input.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { HOSTILE, isBroken } from '../help/hostile.ts';
import { readFields, unescapeHtml } from '../help/html.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const URL = 'https://example.org/';
const ADDRESS = '203.0.113.77';

/** Numbers of the entries that a page shows, in their order. */
function entriesIn(html: string): number[] {
  return [...html.matchAll(/<li id="entry-(\d+)">/g)].map(([, id]) => Number(id));
}

/** What a page says, without tags. */
function textOf(html: string): string {
  return unescapeHtml(html.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ');
}

describe.each(DIALECTS)('history in the admin (%s)', (dialect) => {
  let hub: TestHub;
  let viewer: Visitor;
  let editor: Visitor;
  let admin: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect, { settings: { PAGE_CACHE_MS: '60000' } });
    await createUsers(hub.database);
    [viewer, editor, admin] = [await logIn(hub, 'viewer'), await logIn(hub, 'editor'), await logIn(hub, 'admin')];
  });
  afterAll(() => hub.stop());

  const references = (values: readonly string[]) => values.flatMap((value) => parseReference(value) ?? []);
  const makeFilm = async (title: string) => {
    const input = { title, file_url: URL };
    const id = await hub.database.tx((tx) => createContent(tx, TESTER, video, input));
    return { id, value: formatReference({ label: video.label, id }) };
  };
  const makeText = (title: string, text: string, actor = TESTER) =>
    hub.database.tx((tx) => createContent(tx, actor, audio, { title, text }));
  const editText = (id: number, version: number, title: string, text: string) =>
    hub.database.tx((tx) => updateContent(tx, TESTER, audio, id, version, { title, text }));
  const makePage = (title: string, values: readonly string[] = []) =>
    hub.database.tx((tx) => createPage(tx, TESTER, { title, url: URL }, references(values)));
  const editPage = (id: number, version: number, title: string, values: readonly string[]) =>
    hub.database.tx((tx) => updatePage(tx, TESTER, id, version, { title, url: URL }, references(values)));
  const get = async (visitor: Visitor, path: string) => {
    const answer = await visitor.get(path);
    expect(answer.status).toBe(200);
    return answer.text();
  };
  /** An object's entries, newest first. */
  const entriesOf = async (label: string, id: number) =>
    (await listHistory(hub.database, { label, id, limit: 500 })).map(({ entry }) => entry);
  const storedPage = async (id: number) => {
    const page = await findPage(hub.database, id);
    return page && { title: page.title, version: page.version, contents: page.contents.map(formatReference) };
  };
  /** Where an entry's version is restored: the object's first entry is 1. */
  const restorePath = async (object: 'pages' | 'contents/audio', id: number, nth: number) => {
    const entries = await entriesOf(object === 'pages' ? PAGE_LABEL : audio.label, id);
    return `/admin/${object}/${id}/history/${entries.toReversed()[nth - 1]}/restore/`;
  };
  /** Looks at a version, and sends what the page would. */
  const restore = async (visitor: Visitor, path: string, more: Readonly<Record<string, string>> = {}) => {
    const fields = readFields(await get(visitor, path), /name="version"/);
    return visitor.post(path, { ...fields, ...more });
  };

  describe('of the whole hub', () => {
    test('says who did what to what, when, from where and how', async () => {
      const actor = { via: 'admin', id: 3, name: 'somebody', address: ADDRESS } as const;
      const id = await makeText('A talk', 'Words', actor);
      const html = await get(admin, '/admin/history/?actor=somebody');
      expect(textOf(html)).toMatch(/Created A talk audio #\d+ .* by somebody in the admin from 203\.0\.113\.77 /);
      expect(html).toContain(`href="/admin/contents/audio/${id}/history/"`);
      expect(html).toContain('href="/admin/users/3/history/"');
      expect(html).toContain('<time datetime="20');
    });

    test('shows addresses and accounts to admins alone', async () => {
      const actor = { via: 'admin', id: undefined, name: 'stranger', address: ADDRESS } as const;
      await hub.database.tx((tx) =>
        recordHistory(tx, actor, [
          { action: 'login_failed', label: 'auth.user', id: undefined, title: 'tried-name' },
          { action: 'denied', label: '', id: undefined, title: 'GET /admin/secret/' },
        ]),
      );
      await makeText('Seen by all', 'Words', actor);
      const all = await get(admin, '/admin/history/?actor=stranger');
      for (const text of ['tried-name', '/admin/secret/', 'Seen by all', ADDRESS]) expect(all).toContain(text);
      for (const visitor of [viewer, editor]) {
        for (const query of ['', '&kind=auth.user', '&kind=hub', '&action=login_failed', '&action=denied']) {
          const html = await get(visitor, `/admin/history/?actor=stranger${query}`);
          for (const text of ['tried-name', '/admin/secret/', ADDRESS, 'value="auth.user"', 'Login failed']) {
            expect(html).not.toContain(text);
          }
          expect(html).toContain('Seen by all');
        }
      }
    });

    test('is filtered by kind, action and actor, and remembers it in the form', async () => {
      const page = await makePage('Filtered page');
      await hub.database.tx((tx) => removePage(tx, TESTER, page));
      const film = await makeFilm('Filtered film');
      const shown = async (query: string) => {
        const text = textOf(await get(admin, `/admin/history/?${query}`));
        return [text.includes('Deleted Filtered page'), text.includes('Created Filtered film')];
      };
      expect(film.id).toBeGreaterThan(0);
      expect(await shown('')).toEqual([true, true]);
      expect(await shown('kind=pages.page')).toEqual([true, false]);
      expect(await shown('kind=pages.videocontent')).toEqual([false, true]);
      expect(await shown('action=delete')).toEqual([true, false]);
      expect(await shown('actor=te')).toEqual([true, true]);
      expect(await shown('actor=nobody')).toEqual([false, false]);
      expect(await shown('kind=__proto__&action=constructor')).toEqual([true, true]);
      const html = await get(admin, '/admin/history/?kind=pages.page&action=delete&actor=te');
      expect(html).toMatch(/<option value="pages\.page" selected/);
      expect(html).toMatch(/<option value="delete" selected/);
      expect(html).toMatch(/name="actor"[^>]* value="te"/);
    });

    test('goes back to the beginning part by part, with its filter, and shows each entry once', async () => {
      await hub.database.tx(async (tx) => {
        for (let n = 0; n < 75; n++) {
          await createContent(tx, { ...TESTER, name: 'paged' }, audio, { title: `N${n}`, text: 'T' });
        }
      });
      const seen: number[] = [];
      let path: string | undefined = '/admin/history/?actor=paged';
      for (let parts = 0; path !== undefined; parts++) {
        expect(parts).toBeLessThan(4);
        const html: string = await get(viewer, path);
        seen.push(...entriesIn(html));
        path = /<a class="button" href="([^"]*)" rel="next">/.exec(html)?.[1];
        path = path && unescapeHtml(path);
      }
      expect(seen).toHaveLength(75);
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => b - a));
    });

    test('changes nothing when an address is forged', async () => {
      for (const query of [
        'before=x',
        'before=-1',
        'before=99999999999999999999',
        'actor=%00',
        'kind=%00&action=%ff',
      ]) {
        expect((await admin.get(`/admin/history/?${query}`)).status).toBe(200);
      }
    });

    test('tells of fixtures in words', async () => {
      await hub.database.tx((tx) =>
        recordHistory(tx, { via: 'fixture', id: undefined, name: 'loaddata a.json', address: '' }, [
          { action: 'load', label: '', id: undefined, title: 'a.json', after: { 'pages.page created': 2 } },
        ]),
      );
      const text = textOf(await get(admin, '/admin/history/?actor=loaddata'));
      expect(text).toMatch(/Fixture loaded a\.json .* by loaddata a\.json from a fixture Pages, created 2/);
    });
  });

  describe('of one object', () => {
    test('shows what became of each field: words of a text, places of a list', async () => {
      const [a, b, c] = [await makeFilm('Film A'), await makeFilm('Film B'), await makeFilm('Film C')];
      const page = await makePage('Old title', [a.value, b.value, a.value]);
      await editPage(page, 1, 'New title', [b.value, c.value, a.value]);
      const html = await get(viewer, `/admin/pages/${page}/history/`);
      expect(html).toMatch(/<del>Old<\/del>\s*<ins>New<\/ins>/);
      const text = textOf(html);
      expect(text).toContain(`Film C (video #${c.id}) added, place 2`);
      expect(text).toContain(`Film A (video #${a.id}) taken off, place 3`);
      expect(text).toMatch(/Film [AB] \(video #\d+\) moved from place [12] to [13]/);
      expect(html).toContain(`href="/admin/contents/video/${c.id}/"`);
      expect(html).not.toContain('203.');
    });

    test('names by number what does not exist any more', async () => {
      const film = await makeFilm('Soon gone');
      const page = await makePage('With a film', [film.value]);
      await editPage(page, 1, 'Without', []);
      await hub.database.tx((tx) => removeContent(tx, TESTER, video, film.id));
      const html = await get(viewer, `/admin/pages/${page}/history/`);
      expect(html).toContain(`<span>video #${film.id}</span>`);
      expect(html).not.toContain(`/admin/contents/video/${film.id}/`);
    });

    test('folds long texts', async () => {
      const id = await makeText('Long', 'word '.repeat(400));
      const html = await get(viewer, `/admin/contents/audio/${id}/history/`);
      expect(html).toMatch(/<details><summary>Show the text<\/summary><div class="diff" dir="auto">word word/);
    });

    test('compares no more than one screen may cost, and the rest where it is asked for', async () => {
      const long = (letter: string) => `${letter} `.repeat(200_000);
      const id = await makeText('Huge', long('a'));
      await editText(id, 1, 'Huge', long('b'));
      await editText(id, 2, 'Huge', long('c'));
      const html = await get(viewer, `/admin/contents/audio/${id}/history/`);
      const href = /400,000 characters before, 400,000 characters after\.<\/span>\s*<a href="([^"]*)"/.exec(html)?.[1];
      const [, second] = entriesIn(html);
      expect(href).toBe(`/admin/contents/audio/${id}/history/?before=${(second ?? 0) + 1}`);
      expect(entriesIn(await get(viewer, href ?? ''))[0]).toBe(second);
    });

    test('is there for what is deleted, and nowhere for what never was', async () => {
      const page = await makePage('Deleted page');
      const text = await makeText('Deleted text', 'Words');
      await hub.database.tx(async (tx) => {
        await removePage(tx, TESTER, page);
        await removeContent(tx, TESTER, audio, text);
      });
      for (const path of [`/admin/pages/${page}/history/`, `/admin/contents/audio/${text}/history/`]) {
        expect(await get(viewer, path)).toContain('It was deleted.');
        expect(entriesIn(await get(viewer, path))).toHaveLength(2);
      }
      for (const path of ['pages/987654', 'contents/audio/987654', 'contents/nothing/1', 'pages/x', 'users/987654']) {
        expect((await admin.get(`/admin/${path}/history/`)).status).toBe(404);
      }
    });

    test('says so when it is there and history knows nothing of it', async () => {
      const page = await makePage('Older than history');
      await hub.database.tx((tx) => tx.rows(sql`delete from history_entry where object_id = ${page}`));
      expect(await get(viewer, `/admin/pages/${page}/history/`)).toContain('Nothing is known about earlier');
    });

    test('of a user is for admins', async () => {
      const user = await findUser(hub.database, 'editor');
      const path = `/admin/users/${user?.id}/history/`;
      expect(textOf(await get(admin, path))).toContain('Logged in');
      for (const visitor of [viewer, editor]) expect((await visitor.get(path)).status).toBe(403);
    });

    test('speaks the reader’s language', async () => {
      const page = await makePage('Фильмы');
      const russian = await logIn(hub, 'viewer');
      const answer = await russian.get(`/admin/pages/${page}/history/`, { 'Accept-Language': 'ru' });
      expect(await answer.text()).toContain('История: «Фильмы»');
    });
  });

  test.each([...HOSTILE])('%p is inert wherever it stands', async (text) => {
    const actor = { via: 'admin', id: undefined, name: text, address: text } as const;
    const values = { title: text, url: text, contents: [text, `${video.label}:555555`], [text]: text };
    const changes = (['create', 'update', 'delete', 'load', 'login_failed', 'denied'] as const).flatMap((action) =>
      ['pages.page', audio.label, video.label, 'auth.user', text].map((label) => ({
        ...{ action, label, id: 555_555, title: text, before: values },
        after: action === 'delete' ? undefined : { ...values, title: `${text}!`, contents: [] },
      })),
    );
    await hub.database.tx((tx) => recordHistory(tx, actor, changes));
    const [entry] = await entriesOf(PAGE_LABEL, 555_555);
    const [own] = (await listHistory(hub.database, { label: PAGE_LABEL, id: 555_555, action: 'delete', limit: 1 })).map(
      (found) => found.entry,
    );
    const paths = [
      ...['/admin/history/', `/admin/history/?actor=${encodeURIComponent(text)}`, '/admin/pages/555555/history/'],
      ...['/admin/contents/audio/555555/history/', `/admin/pages/555555/history/${own}/restore/`],
    ];
    expect(entry).toBeGreaterThan(0);
    for (const path of paths) {
      const answer = await admin.get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('set-cookie') ?? '').not.toContain('broken');
      expect(isBroken(await answer.text())).toBe(false);
    }
  });

  describe('restoring', () => {
    test('shows what would change, then makes it a change of its own', async () => {
      const [a, b] = [await makeFilm('A'), await makeFilm('B')];
      const page = await makePage('First', [a.value, b.value]);
      await editPage(page, 1, 'Second', [b.value]);
      await editPage(page, 2, 'Third', []);
      await hub.request(`/api/v1/pages/${page}/`);
      const path = await restorePath('pages', page, 1);
      expect(await get(editor, `/admin/pages/${page}/history/`)).toContain(`href="${path}"`);
      const html = await get(editor, path);
      expect(html).toMatch(/<del>Third<\/del>\s*<ins>First<\/ins>/);
      expect(textOf(html)).toContain(`A (video #${a.id}) added, place 1`);
      expect((await storedPage(page))?.title).toBe('Third');
      const before = await entriesOf(PAGE_LABEL, page);
      const answer = await restore(editor, path);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, `/admin/pages/${page}/`]);
      expect(await storedPage(page)).toEqual({ title: 'First', version: 4, contents: [a.value, b.value] });
      const [newest, ...older] = await listHistory(hub.database, { label: PAGE_LABEL, id: page, limit: 10 });
      expect(older.map(({ entry }) => entry)).toEqual(before);
      expect(newest).toMatchObject({
        ...{ action: 'update', before: { title: 'Third', contents: [] }, after: { title: 'First' } },
        actor: { via: 'admin', name: 'editor' },
      });
      expect(await (await hub.request(`/api/v1/pages/${page}/`)).text()).toContain('"title":"First"');
    });

    test('brings back a version of a content in the middle, whatever changed since', async () => {
      const id = await makeText('T1', 'X1');
      await editText(id, 1, 'T1', 'X2');
      await editText(id, 2, 'T3', 'X2');
      await editText(id, 3, 'T3', 'X4');
      expect((await restore(editor, await restorePath('contents/audio', id, 2))).status).toBe(303);
      expect(await findContent(hub.database, audio, id)).toMatchObject({
        title: 'T1',
        fields: { text: 'X2' },
        version: 5,
      });
    });

    test('makes a deleted page anew, under another number, and says so', async () => {
      const film = await makeFilm('Film');
      const page = await makePage('Was here', [film.value]);
      await editPage(page, 1, 'Was renamed', [film.value, film.value]);
      await hub.database.tx((tx) => removePage(tx, TESTER, page));
      const path = await restorePath('pages', page, 3);
      const html = await get(editor, `/admin/pages/${page}/history/`);
      expect(html).toContain(`<a class="button" href="${path}">Bring it back</a>`);
      expect(await get(editor, path)).toContain('under a new number');
      const answer = await restore(editor, path);
      const id = Number(/^\/admin\/pages\/(\d+)\/$/.exec(answer.headers.get('location') ?? '')?.[1]);
      expect(id).toBeGreaterThan(page);
      expect(await storedPage(id)).toEqual({ title: 'Was renamed', version: 1, contents: [film.value, film.value] });
      expect(await get(editor, `/admin/pages/${id}/`)).toContain(`“Was renamed” is back, under the new number ${id}.`);
      const first = await restore(editor, await restorePath('pages', page, 1));
      expect(first.status).toBe(303);
    });

    test('makes a deleted content anew', async () => {
      const id = await makeText('Gone', 'Words');
      await hub.database.tx((tx) => removeContent(tx, TESTER, audio, id));
      const answer = await restore(editor, await restorePath('contents/audio', id, 2));
      const made = Number(/(\d+)\/$/.exec(answer.headers.get('location') ?? '')?.[1]);
      expect(made).toBeGreaterThan(id);
      expect(await findContent(hub.database, audio, made)).toMatchObject({ title: 'Gone', counter: 0 });
    });

    test('leaves contents that are gone out only when told to, and names them', async () => {
      const [kept, gone] = [await makeFilm('Kept'), await makeFilm('Lost film')];
      const page = await makePage('With both', [gone.value, kept.value]);
      await editPage(page, 1, 'Empty', []);
      await hub.database.tx((tx) => removeContent(tx, TESTER, video, gone.id));
      const path = await restorePath('pages', page, 1);
      expect(textOf(await get(editor, path))).toContain(`Lost film (video #${gone.id})`);
      const refused = await restore(editor, path);
      expect([
        refused.status,
        textOf(await refused.text()).includes('Say that it is to be restored without them'),
      ]).toEqual([422, true]);
      expect((await storedPage(page))?.title).toBe('Empty');
      expect((await restore(editor, path, { leave_out: '1' })).status).toBe(303);
      expect(await storedPage(page)).toEqual({ title: 'With both', version: 3, contents: [kept.value] });
    });

    test('leaves no more out than the preview named', async () => {
      const [kept, one, other] = [await makeFilm('Kept'), await makeFilm('Lost'), await makeFilm('Lost later')];
      const page = await makePage('All', [one.value, other.value, kept.value]);
      await editPage(page, 1, 'Empty', []);
      const lose = (id: number) => hub.database.tx((tx) => removeContent(tx, TESTER, video, id));
      const path = await restorePath('pages', page, 1);
      const confirm = (html: string) => {
        const named = /name="leave_out" value="([^"]*)"/.exec(html)?.[1] ?? '';
        return editor.post(path, { ...readFields(html, /name="version"/), leave_out: named });
      };
      await lose(one.id);
      const preview = await get(editor, path);
      await lose(other.id);
      const again = await confirm(preview);
      const html = await again.text();
      expect([again.status, textOf(html).includes('Lost later')]).toEqual([422, true]);
      expect((await storedPage(page))?.title).toBe('Empty');
      expect((await confirm(html)).status).toBe(303);
      expect((await storedPage(page))?.contents).toEqual([kept.value]);
    });

    test('is refused when somebody saved since the preview, and shows what would change now', async () => {
      const page = await makePage('One');
      await editPage(page, 1, 'Two', []);
      const path = await restorePath('pages', page, 1);
      const fields = readFields(await get(editor, path), /name="version"/);
      await editPage(page, 2, 'Meanwhile', []);
      const answer = await editor.post(path, fields);
      expect(answer.status).toBe(409);
      const html = await answer.text();
      expect(html).toContain('Somebody saved another version meanwhile');
      expect(html).toMatch(/<del>Meanwhile<\/del>\s*<ins>One<\/ins>/);
      expect((await storedPage(page))?.title).toBe('Meanwhile');
      expect((await editor.post(path, readFields(html, /name="version"/))).status).toBe(303);
      expect((await storedPage(page))?.title).toBe('One');
    });

    test('is refused when the object was deleted since the preview', async () => {
      const page = await makePage('One');
      await editPage(page, 1, 'Two', []);
      const path = await restorePath('pages', page, 1);
      const fields = readFields(await get(editor, path), /name="version"/);
      await hub.database.tx((tx) => removePage(tx, TESTER, page));
      expect((await editor.post(path, fields)).status).toBe(409);
    });

    test('stores nothing that a form could not', async () => {
      const page = await makePage('Fine');
      const bad = { action: 'update', label: PAGE_LABEL, id: page, title: 'Bad' } as const;
      await hub.database.tx((tx) =>
        recordHistory(tx, TESTER, [{ ...bad, before: { url: 'javascript:0' }, after: { url: 'javascript:1' } }]),
      );
      const path = await restorePath('pages', page, 2);
      const html = await get(editor, path);
      expect(html).toContain('Enter an http or https address.');
      expect(html).not.toContain('>Restore</button>');
      expect((await restore(editor, path)).status).toBe(422);
      expect((await storedPage(page))?.version).toBe(1);
    });

    test('puts no more on a page than a form may', async () => {
      const film = await makeFilm('Often');
      const page = await makePage('Crowded', Array(PAGE_CONTENTS_MAX + 1).fill(film.value));
      await editPage(page, 1, 'Empty', []);
      const path = await restorePath('pages', page, 1);
      expect(textOf(await get(editor, path))).toContain('A page shows at most 5,000 contents, you sent 5,001.');
      expect((await restore(editor, path)).status).toBe(422);
      expect(await storedPage(page)).toEqual({ title: 'Empty', version: 2, contents: [] });
    });

    test('offers nothing for what is so already', async () => {
      const page = await makePage('Same');
      await editPage(page, 1, 'Other', []);
      await editPage(page, 2, 'Same', []);
      const html = await get(editor, await restorePath('pages', page, 1));
      expect(html).toContain('there is nothing to restore');
      expect(html).not.toContain('>Restore</button>');
      const entries = await entriesOf(PAGE_LABEL, page);
      await restore(editor, await restorePath('pages', page, 1));
      expect(await entriesOf(PAGE_LABEL, page)).toEqual(entries);
    });

    test('is for editors, of versions of that very object', async () => {
      const [page, other] = [await makePage('Mine'), await makePage('Other')];
      await editPage(page, 1, 'Newer', []);
      const path = await restorePath('pages', page, 1);
      expect(await get(viewer, `/admin/pages/${page}/history/`)).not.toContain('/restore/');
      expect([(await viewer.get(path)).status, (await viewer.post(path, { version: '2' })).status]).toEqual([403, 403]);
      const [entry] = await entriesOf(PAGE_LABEL, page);
      for (const object of [`pages/${other}`, `contents/audio/${page}`, 'pages/987654']) {
        expect((await editor.get(`/admin/${object}/history/${entry}/restore/`)).status).toBe(404);
      }
      for (const forged of ['0', 'x', '99999999']) {
        expect((await editor.post(`/admin/pages/${page}/history/${forged}/restore/`, { version: '2' })).status).toBe(
          404,
        );
      }
      expect((await storedPage(page))?.title).toBe('Newer');
    });
  });
});
