/** Contents in a browser: the preview, the live list, two editors, and all of it without JavaScript. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, findContent } from '../../src/store/contents.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, PASSWORD } from '../help/admin.ts';
import { findChromium, openBrowser } from '../help/chromium.ts';
import { eventually } from '../help/eventually.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { type MediaHost, startMediaHost } from '../help/media.ts';
import { openWatchedPage } from '../help/watched_page.ts';

const isWithoutBrowser = findChromium() === undefined;
const inBrowser = (name: string) => (isWithoutBrowser ? `${name} (no Chromium on PATH or in CHROMIUM_PATH)` : name);
const METADATA = 1;

describe('contents in a browser', () => {
  let hub: TestHub;
  let media: MediaHost;
  let browser: Browser;
  let editor: BrowserContext;

  beforeAll(async () => {
    if (isWithoutBrowser) return;
    hub = await startTestHub('sqlite');
    await createUsers(hub.database);
    media = startMediaHost();
    browser = await openBrowser();
    editor = await logIn('editor');
  });

  afterAll(async () => {
    await browser?.close();
    await media?.stop();
    await hub?.stop();
  });

  async function logIn(username: string, javaScriptEnabled = true): Promise<BrowserContext> {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(`${hub.url}/admin/login/`);
    await page.locator('[name=username]').fill(username);
    await page.locator('[name=password]').fill(PASSWORD);
    await page.locator('form [type=submit]').click();
    await page.waitForURL('**/admin/');
    await page.close();
    return context;
  }

  const addFilm = (file: string, subtitles = '', title = 'A film') =>
    hub.database.tx((tx) =>
      createContent(tx, TESTER, video, {
        title,
        file_url: `${media.url}${file}`,
        subtitles_url: subtitles === '' ? '' : `${media.url}${subtitles}`,
      }),
    );

  const showFilm = (page: Page) => page.getByRole('button', { name: 'Show the film' }).click();
  const stateOf = (page: Page) => page.evaluate("document.querySelector('video').readyState");
  /** The notes that can be seen, by their names. */
  const notesOf = (page: Page) =>
    page.evaluate("[...document.querySelectorAll('[data-note]:not([hidden])')].map((note) => note.dataset.note)");

  describe('the preview', () => {
    test.skipIf(isWithoutBrowser)(
      inBrowser('plays a film with its subtitles after a click, and not before'),
      async () => {
        const id = await addFilm('/open/film.webm', '/open/subtitles.vtt');
        const { page, complaints } = await openWatchedPage(editor, hub.url);
        const asked = media.asked.length;
        await page.goto(`${hub.url}/admin/contents/video/${id}/`);
        await page.waitForLoadState('networkidle');
        expect(media.asked.length).toBe(asked);
        await page.locator('[name=title]').fill('Not saved yet');
        await showFilm(page);
        await eventually(async () => expect(Number(await stateOf(page))).toBeGreaterThanOrEqual(METADATA), 5000);
        await page.evaluate(`(async () => {
          const film = document.querySelector('video');
          film.muted = true;
          const playing = new Promise((resolve) => film.addEventListener('timeupdate', resolve, { once: true }));
          await film.play();
          await playing;
        })()`);
        const cues = "[...document.querySelector('video').textTracks[0].cues].map(({ text }) => text)";
        await eventually(async () => expect(await page.evaluate(cues)).toEqual(['A square changes its colour.']), 5000);
        expect(await notesOf(page)).toEqual([]);
        expect(await page.locator('[name=title]').inputValue()).toBe('Not saved yet');
        expect(complaints.filter((text) => !text.startsWith(`asked ${media.url}`))).toEqual([]);
        expect(await findContent(hub.database, video, id)).toMatchObject({ title: 'A film', version: 1 });
        await page.close();
      },
    );

    test.skipIf(isWithoutBrowser).each([
      ['film_cors', '/closed/film.webm', '/open/subtitles.vtt', true],
      ['subtitles', '/open/film.webm', '/closed/subtitles.vtt', true],
      ['subtitles', '/open/film.webm', '/open/missing.vtt', true],
      ['unplayable', '/open/missing.webm', '', false],
      ['unplayable', '/closed/broken.webm', '', false],
      ['unplayable', '/closed/missing.webm', '/open/subtitles.vtt', false],
    ] as const)('says %s of %s with “%s”', async (note, file, subtitles, isPlayed) => {
      const page = await editor.newPage();
      await page.goto(`${hub.url}/admin/contents/video/${await addFilm(file, subtitles)}/`);
      await showFilm(page);
      await eventually(async () => expect(await notesOf(page)).toEqual([note]), 5000);
      await eventually(async () => expect(Number(await stateOf(page)) >= METADATA).toBe(isPlayed), 5000);
      await page.close();
    });

    test.skipIf(isWithoutBrowser)(inBrowser('works without JavaScript, and says what may be wrong'), async () => {
      const plain = await logIn('admin', false);
      const page = await plain.newPage();
      await page.goto(`${hub.url}/admin/contents/video/${await addFilm('/closed/film.webm')}/`);
      await page.locator('[name=title]').fill('Typed');
      await showFilm(page);
      expect(await page.locator('video').getAttribute('src')).toBe(`${media.url}/closed/film.webm`);
      expect(await page.locator('.preview noscript').textContent()).toContain('If the film does not play');
      expect(await page.locator('[name=title]').inputValue()).toBe('Typed');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      expect(await page.locator('#flash').textContent()).toBe('“Typed” was saved.');
      await plain.close();
    });
  });

  describe('the list', () => {
    beforeAll(async () => {
      if (isWithoutBrowser) return;
      for (const title of ['Ёлка', 'Sonnet', 'Sonata']) {
        await hub.database.tx((tx) => createContent(tx, TESTER, audio, { title, text: 'x' }));
      }
    });
    const titles = (page: Page) => page.locator('#list tbody th').allInnerTexts();

    test.skipIf(isWithoutBrowser)(inBrowser('follows what is typed, and so does the address'), async () => {
      const { page, complaints } = await openWatchedPage(editor, hub.url);
      await page.goto(`${hub.url}/admin/contents/audio/`);
      const search = page.getByRole('searchbox');
      await search.pressSequentially('елк');
      await eventually(async () => expect(await titles(page)).toEqual(['Ёлка']), 5000);
      expect(await search.inputValue()).toBe('елк');
      expect(await page.evaluate('document.activeElement.id')).toBe('list-search');
      expect(new URL(page.url()).searchParams.get('q')).toBe('елк');
      expect(await page.locator('[data-list-status]').textContent()).toBe('Found: Audios: 1');
      await search.fill('');
      await eventually(async () => expect(await titles(page)).toHaveLength(3), 5000);
      await search.fill('son');
      await eventually(async () => expect((await titles(page)).toSorted()).toEqual(['Sonata', 'Sonnet']), 5000);
      await page.reload();
      expect((await titles(page)).toSorted()).toEqual(['Sonata', 'Sonnet']);
      expect(complaints).toEqual([]);
      await page.close();
    });

    test.skipIf(isWithoutBrowser)(
      inBrowser('says so when a search gets no answer, and keeps what it shows'),
      async () => {
        const page = await editor.newPage();
        await page.goto(`${hub.url}/admin/contents/audio/`);
        await page.route('**/audio/?q=*', (route) => route.fulfill({ status: 500, body: 'broken' }));
        await page.getByRole('searchbox').fill('son');
        await eventually(
          async () => expect(await page.locator('[data-list-status]').textContent()).toContain('did not answer'),
          5000,
        );
        expect(await titles(page)).toHaveLength(3);
        await page.close();
      },
    );

    test.skipIf(isWithoutBrowser)(inBrowser('counts what is selected, also after a search'), async () => {
      const page = await editor.newPage();
      await page.goto(`${hub.url}/admin/contents/audio/`);
      const button = page.getByRole('button', { name: 'Delete selected…' });
      expect(await button.isDisabled()).toBe(true);
      await page.getByLabel('Select “Sonata”').check();
      expect(await page.locator('[data-selected]').textContent()).toBe('Selected: 1');
      await page.getByLabel('Select all on this screen').check();
      expect(await page.locator('[data-selected]').textContent()).toBe('Selected: 3');
      await page.getByRole('searchbox').fill('son');
      await eventually(async () => expect(await titles(page)).toHaveLength(2), 5000);
      expect(await button.isDisabled()).toBe(true);
      await page.getByLabel('Select all on this screen').check();
      await button.click();
      expect(await page.locator('main strong').textContent()).toBe('To be deleted: 2.');
      await page.getByRole('link', { name: 'Cancel' }).click();
      expect(await titles(page)).toHaveLength(3);
      await page.close();
    });

    test.skipIf(isWithoutBrowser)(inBrowser('searches, sorts and deletes without JavaScript'), async () => {
      const plain = await logIn('admin', false);
      const page = await plain.newPage();
      for (const title of ['Gone 1', 'Gone 2']) await addFilm('/open/film.webm', '', title);
      await page.goto(`${hub.url}/admin/contents/video/`);
      await page.getByRole('searchbox').fill('gone');
      await page.getByRole('button', { name: 'Search' }).click();
      expect((await titles(page)).toSorted()).toEqual(['Gone 1', 'Gone 2']);
      for (const title of ['Gone 1', 'Gone 2']) await page.getByLabel(`Select “${title}”`).check();
      await page.getByRole('button', { name: 'Delete selected…' }).click();
      await page.getByRole('button', { name: 'Delete 2' }).click();
      expect(await page.locator('#flash').textContent()).toBe('Deleted: 2.');
      await page.getByRole('link', { name: 'Title' }).click();
      expect(await titles(page)).toEqual((await titles(page)).toSorted());
      await plain.close();
    });
  });

  test.skipIf(isWithoutBrowser)(inBrowser('two editors are merged by keyboard alone'), async () => {
    const id = await hub.database.tx((tx) => createContent(tx, TESTER, audio, { title: 'Title', text: 'one two' }));
    const path = `${hub.url}/admin/contents/audio/${id}/`;
    const other = await logIn('admin');
    const [mine, theirs] = [await editor.newPage(), await other.newPage()];
    await Promise.all([mine.goto(path), theirs.goto(path)]);
    await theirs.locator('[name=title]').fill('Their title');
    await theirs.locator('[name=text]').fill('one three');
    await theirs.getByRole('button', { name: 'Save', exact: true }).click();
    await mine.locator('[name=text]').fill('one four');
    await mine.getByRole('button', { name: 'Save', exact: true }).click();
    await mine.getByRole('alert').waitFor();
    const titleOf = mine.getByRole('group', { name: /^Title/ });
    expect(await titleOf.getByRole('radio', { name: 'Theirs' }).isChecked()).toBe(true);
    await mine.getByRole('group', { name: /^Text/ }).getByRole('radio', { name: 'Mine' }).focus();
    await mine.keyboard.press('ArrowDown');
    await mine.keyboard.press('Tab');
    await mine.keyboard.press('Enter');
    await mine.locator('#flash .flash-success').waitFor();
    expect(await findContent(hub.database, audio, id)).toMatchObject({
      ...{ title: 'Their title', fields: { text: 'one three' }, version: 2 },
    });
    await Promise.all([mine.close(), other.close()]);
  });
});
