/**
 * The combobox in a real browser. It stands on a screen of the test's own, made of the hub's dashboard, so that nothing
 * but the chooser is under test.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page, Route } from 'playwright-core';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createMessages } from '../../src/messages/index.ts';
import { createContent } from '../../src/store/contents.ts';
import { assetUrl } from '../../src/web/static.ts';
import { Combobox } from '../../views/parts/combobox.tsx';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, PASSWORD } from '../help/admin.ts';
import { findChromium, openBrowser } from '../help/chromium.ts';
import { eventually } from '../help/eventually.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const AXE = readFileSync(join(import.meta.dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
/** Less than a test has, so that what was waited for is said. */
const PATIENCE_MS = 8000;
/** An empty place of the bar beside the screen. */
const ELSEWHERE = { x: 100, y: 600 };
const PHONE = { viewport: { width: 360, height: 480 }, hasTouch: true, isMobile: true } as const;

const isWithoutBrowser = findChromium() === undefined;
const inBrowser = (name: string) => (isWithoutBrowser ? `${name} (no Chromium on PATH or in CHROMIUM_PATH)` : name);

describe('choosing contents in a browser', () => {
  let hub: TestHub;
  let browser: Browser;
  let context: BrowserContext | undefined;
  const complaints: string[] = [];

  beforeAll(async () => {
    if (isWithoutBrowser) return;
    hub = await startTestHub('sqlite');
    await createUsers(hub.database);
    await hub.database.tx(async (tx) => {
      for (const title of ['Sintel', 'Sintel, the making of', 'A sintered film', 'Spring']) {
        await createContent(tx, TESTER, video, { title, file_url: 'https://example.org/' });
      }
      await createContent(tx, TESTER, audio, { title: 'Мимолётное', text: 'Text' });
      for (let n = 10; n < 55; n += 1) await createContent(tx, TESTER, audio, { title: `Row ${n}`, text: 'Text' });
    });
    browser = await openBrowser();
  });
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const inTheBrowser = (name: string, check: () => Promise<void>) =>
    test.skipIf(isWithoutBrowser)(inBrowser(name), check);

  /** Logs in and opens the screen. `complaints` collects what breaks the policy and what scripts throw. */
  async function open(options: BrowserContextOptions = {}, user = 'editor'): Promise<Page> {
    context = await browser.newContext({ locale: 'en', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const visitor = await logIn(hub, user);
    const [name = '', value = ''] = visitor.cookie().split('=');
    await context.addCookies([{ name, value, url: hub.url, httpOnly: true, sameSite: 'Lax' }]);
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.exposeFunction('complain', (text: string) => complaints.push(text));
    await page.addInitScript(`
      addEventListener('securitypolicyviolation', (event) => complain(event.violatedDirective + ' ' + event.blockedURI));
      window.chosen = [];
      addEventListener('chooser:choose', (event) => chosen.push(event.detail));`);
    await page.route(`${hub.url}/admin/try/`, serveScreen);
    await page.goto(`${hub.url}/admin/try/`);
    await input(page).waitFor();
    return page;
  }

  async function serveScreen(route: Route): Promise<void> {
    const dashboard = await route.fetch({ url: `${hub.url}/admin/` });
    const combobox = await Combobox({ m: createMessages('UTC').en });
    const screen = `<form method="post" action="/admin/sent/">${combobox}<button>Save</button></form>`;
    const html = (await dashboard.text())
      .replace('</head>', () => `<script src="${assetUrl('chooser.js')}" defer></script></head>`)
      .replace(/<main.*<\/main>/s, () => `<main id="main" tabindex="-1"><h1>Try</h1>${screen}</main>`);
    await route.fulfill({ response: dashboard, body: html });
  }

  const input = (page: Page): Locator => page.getByRole('combobox', { name: 'Add contents' });
  const option = (page: Page, name: string | RegExp): Locator => page.getByRole('option', { name });
  /** The title of the option that the input says is active. */
  const active = async (page: Page): Promise<string> => {
    const id = await input(page).getAttribute('aria-activedescendant');
    if (id === null) return '';
    const title = await page.locator(`#${id} .chooser-title`).allTextContents();
    return title[0] ?? (await page.locator(`#${id}`).textContent()) ?? '';
  };
  const chosen = (page: Page): Promise<unknown> => page.evaluate('chosen');
  const announced = (page: Page, text: string): Promise<void> =>
    page.locator('.chooser [role=status]', { hasText: text }).waitFor({ state: 'attached' });
  const isOpen = async (page: Page): Promise<boolean> => {
    const expanded = (await input(page).getAttribute('aria-expanded')) === 'true';
    expect(await page.getByRole('listbox').isVisible()).toBe(expanded);
    return expanded;
  };
  /** Types, and waits until the list is that of what was typed. */
  async function search(page: Page, term: string, first: string | RegExp): Promise<void> {
    await input(page).pressSequentially(term);
    await page.locator('[role=listbox]:not([aria-busy]) [role=option]', { hasText: first }).first().waitFor();
  }
  async function placeOfList(page: Page): Promise<string> {
    const box = await page.locator('.chooser-popup').boundingBox();
    const screen = page.viewportSize();
    if (box === null || screen === null) return 'not there';
    const isInside =
      box.x >= 0 && box.y >= 0 && box.x + box.width <= screen.width && box.y + box.height <= screen.height;
    return isInside ? 'inside the screen' : JSON.stringify(box);
  }
  /** What `axe` finds that is serious, by its rule and place. */
  async function seriousProblems(page: Page): Promise<unknown> {
    await page.evaluate(AXE);
    return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`);
  }

  inTheBrowser('goes by keyboard alone: search, move, choose, and on to the next', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 'sintel', 'Sintel');
    await announced(page, '2 contents found.');
    expect(await active(page)).toBe('');
    await page.keyboard.press('ArrowDown');
    expect(await active(page)).toBe('Sintel');
    await page.keyboard.press('ArrowDown');
    expect(await active(page)).toBe('Sintel, the making of');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await active(page)).toBe('New audio “sintel”…');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await announced(page, 'Added: Sintel');
    expect(await chosen(page)).toEqual([{ value: 'pages.videocontent:1', text: 'Sintel', type: 'video', id: '1' }]);
    expect([await input(page).inputValue(), await isOpen(page)]).toEqual(['', true]);
    await search(page, 'мимолет', 'Мимолётное');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await announced(page, 'Added: Мимолётное');
    expect(await page.evaluate('chosen.map(({ value }) => value)')).toEqual([
      'pages.videocontent:1',
      'pages.audiocontent:1',
    ]);
    expect(page.url()).toBe(`${hub.url}/admin/try/`);
  });

  inTheBrowser('keeps keys that come before the answer for that answer', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 's', 'Sintel');
    await page.keyboard.type('pring');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await announced(page, 'Added: Spring');
    expect(await page.evaluate('chosen.map(({ text }) => text)')).toEqual(['Spring']);
  });

  inTheBrowser('leaves Home, End and the text to the input, and pages through the list', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 'row', 'Row 10');
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageDown');
    expect(await active(page)).toBe('Row 18');
    await page.keyboard.press('PageUp');
    expect(await active(page)).toBe('Row 10');
    await page.keyboard.press('Home');
    expect(await active(page)).toBe('');
    expect(await input(page).evaluate((element) => Reflect.get(element, 'selectionStart'))).toBe(0);
    await page.keyboard.press('End');
    expect(await input(page).evaluate((element) => Reflect.get(element, 'selectionStart'))).toBe(3);
  });

  inTheBrowser('opens with Alt and the down arrow, closes with Escape, and clears with the next one', async () => {
    const page = await open();
    await input(page).focus();
    expect(await isOpen(page)).toBe(false);
    await page.keyboard.press('Alt+ArrowDown');
    await option(page, 'A sintered film').waitFor();
    expect(await active(page)).toBe('');
    await page.keyboard.press('Alt+ArrowUp');
    expect(await isOpen(page)).toBe(false);
    await search(page, 'spring', 'Spring');
    await page.keyboard.press('Escape');
    expect([await isOpen(page), await input(page).inputValue()]).toEqual([false, 'spring']);
    await page.keyboard.press('Escape');
    expect(await input(page).inputValue()).toBe('');
    await page.keyboard.press('ArrowUp');
    await announced(page, 'The first 20 contents; there are more.');
    expect(await active(page)).toBe('New audio…');
  });

  inTheBrowser('closes when Tab or a click leads elsewhere, and never sends the form with Enter', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 'spring', 'Spring');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await isOpen(page)).toBe(false);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Save');
    await input(page).click();
    await option(page, 'Spring video').waitFor();
    // Nothing there takes the focus.
    await page.mouse.click(ELSEWHERE.x, ELSEWHERE.y);
    expect(await isOpen(page)).toBe(false);
    await page.keyboard.press('Enter');
    expect(page.url()).toBe(`${hub.url}/admin/try/`);
  });

  inTheBrowser('goes by mouse, and the focus stays in the input', async () => {
    const page = await open();
    await input(page).click();
    await search(page, 'sint', 'Sintel');
    expect(await option(page, 'Sintel video #1').locator('mark').textContent()).toBe('Sint');
    await option(page, 'A sintered film').click();
    await announced(page, 'Added: A sintered film');
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe('combobox');
    expect([await isOpen(page), await input(page).inputValue()]).toEqual([true, '']);
  });

  inTheBrowser('goes on where the list ends, once however often it is asked', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 'row', 'Row 10');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await active(page)).toBe('Show more');
    const held = Promise.withResolvers<void>();
    await page.route('**/autocomplete/?term=row&page=2', async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    held.resolve();
    await option(page, 'Row 30').waitFor();
    expect(await active(page)).toBe('Row 30');
    await option(page, 'Show more').click();
    await announced(page, '5 contents found.');
    const titles = await page.locator('.chooser-title').allTextContents();
    expect(titles).toEqual(Array.from({ length: 45 }, (_, n) => `Row ${n + 10}`));
    expect(await page.locator('[role=option][data-more]').count()).toBe(0);
    expect(await page.evaluate("new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size")).toBe(
      await page.locator('[id]').count(),
    );
  });

  inTheBrowser('is never overwritten by an older answer', async () => {
    const page = await open();
    const held = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    await page.route('**/autocomplete/?term=s', async (route) => {
      const response = await route.fetch();
      await held.promise;
      // The browser may have given up on it.
      await route.fulfill({ response }).catch(() => undefined);
      late.resolve();
    });
    // A browser that does not stop what it was told to stop: the answer arrives all the same.
    await page.evaluate('AbortController.prototype.abort = () => {}; window.fetched = 0; const ask = fetch;');
    await page.evaluate(
      '{ const ask = fetch; window.fetch = (...all) => ask(...all).finally(() => { fetched += 1; }); }',
    );
    await input(page).pressSequentially('s');
    await search(page, 'pring', 'Spring');
    await announced(page, '1 content found.');
    const before = Number(await page.evaluate('fetched'));
    held.resolve();
    await late.promise;
    await page.waitForFunction(`fetched > ${before}`);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    expect(await page.locator('.chooser-title').allTextContents()).toEqual(['Spring']);
  });

  inTheBrowser('stops asking for what nobody waits for', async () => {
    const page = await open();
    await page.route('**/autocomplete/?term=s', () => {});
    const stopped = page.waitForEvent('requestfailed', (request) => request.url().endsWith('?term=s'));
    await search(page, 'spring', 'Spring');
    expect((await stopped).failure()?.errorText).toContain('ABORTED');
  });

  inTheBrowser('leaves keys to an input method while it composes', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 'sint', 'Sintel');
    await page.keyboard.press('ArrowDown');
    for (const key of ['Enter', 'Escape', 'ArrowDown']) {
      await input(page).dispatchEvent('keydown', { key, isComposing: true, bubbles: true, cancelable: true });
    }
    expect([await isOpen(page), await active(page), await chosen(page)]).toEqual([true, 'Sintel', []]);
    await page.keyboard.press('Enter');
    await announced(page, 'Added: Sintel');
  });

  inTheBrowser('says when the server fails, keeps the text, and tries again', async () => {
    const page = await open();
    let failures = 0;
    await page.route('**/autocomplete/?term=spring', (route) => {
      failures += 1;
      return failures === 1 ? route.fulfill({ status: 500, body: '<h1>Broken</h1>' }) : route.continue();
    });
    await search(page, 'spring', 'The search did not answer. Try again');
    await announced(page, 'The search did not answer. Try again');
    expect(await page.getByText('Broken').count()).toBe(0);
    expect(await input(page).inputValue()).toBe('spring');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await option(page, 'Spring video').waitFor();
    await announced(page, '1 content found.');
  });

  inTheBrowser('says when the session has ended, and stays on the page', async () => {
    const page = await open();
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await search(page, 'spring', 'Your session has ended.');
    await announced(page, 'Your session has ended.');
    expect([page.url(), await input(page).inputValue()]).toEqual([`${hub.url}/admin/try/`, 'spring']);
    await page.context().addCookies(cookies);
    await option(page, /session has ended/).click();
    await option(page, 'Spring video').waitFor();
  });

  inTheBrowser('makes a new content in a dialog, corrects it there, and chooses it', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 'Elephants Dream', 'New video');
    await announced(page, 'Nothing has “Elephants Dream” in its title.');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'New video' });
    await dialog.waitFor();
    expect(await dialog.getByLabel('Title', { exact: true }).inputValue()).toBe('Elephants Dream');
    expect(await page.evaluate('document.activeElement.name')).toBe('file_url');
    expect(await seriousProblems(page)).toEqual([]);
    await dialog.getByLabel('Title', { exact: true }).fill(' ');
    await dialog.getByLabel('File URL').focus();
    await page.keyboard.type('javascript:x');
    await page.keyboard.press('Enter');
    await dialog.getByText('Enter an http or https address.').waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('title');
    await dialog.getByLabel('Title', { exact: true }).fill('Elephants Dream');
    expect(await dialog.getByLabel('File URL').inputValue()).toBe('javascript:x');
    await dialog.getByLabel('File URL').fill('https://example.org/ed.mp4');
    await page.keyboard.press('Enter');
    await announced(page, 'Added: Elephants Dream');
    await dialog.waitFor({ state: 'detached' });
    expect(await chosen(page)).toEqual([
      { value: 'pages.videocontent:5', text: 'Elephants Dream', type: 'video', id: '5' },
    ]);
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe('combobox');
    await search(page, 'elephants', 'Elephants Dream');
  });

  inTheBrowser('asks before a dialog with something typed is left, and gives the focus back', async () => {
    const page = await open();
    const asked: string[] = [];
    let answer = false;
    page.on('dialog', (question) => {
      asked.push(question.message());
      return answer ? question.accept() : question.dismiss();
    });
    await input(page).focus();
    await search(page, 'unheard', 'New audio');
    await option(page, /New audio/).click();
    const dialog = page.getByRole('dialog', { name: 'New audio' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect([asked, await input(page).inputValue()]).toEqual([[], 'unheard']);
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe('combobox');

    await page.keyboard.press('ArrowUp');
    await announced(page, 'Nothing has “unheard” in its title.');
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await dialog.locator('textarea').pressSequentially('Once upon');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(asked).toEqual(Array(2).fill('Close without creating it? What you typed here is lost.'));
    expect(await dialog.locator('textarea').inputValue()).toBe('Once upon');
    answer = true;
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await chosen(page)).toEqual([]);
  });

  inTheBrowser('keeps what was typed in the dialog when it cannot be stored now', async () => {
    const page = await open();
    await input(page).focus();
    await search(page, 'Kept', 'New audio');
    await option(page, /New audio/).click();
    const dialog = page.getByRole('dialog', { name: 'New audio' });
    await dialog.locator('textarea').fill('Not to be lost');
    const create = dialog.getByRole('button', { name: 'Create and add' });
    await page.route('**/autocomplete/new/audio/', (route) => route.fulfill({ status: 503, body: '<h1>Broken</h1>' }));
    await create.click();
    await dialog.getByText('It could not be stored').waitFor();
    await page.unroute('**/autocomplete/new/audio/');

    await hub.database.tx((tx) => tx.rows(sql`delete from ${tx.tables.session}`));
    await create.click();
    await dialog.getByText('Your session has ended.').waitFor();
    const login = page.context().waitForEvent('page');
    await dialog.getByRole('link', { name: 'Log in in another window' }).click();
    const other = await login;
    await other.fill('[name=username]', 'editor');
    await other.fill('[name=password]', PASSWORD);
    await other.click('main [type=submit]');
    await other.waitForURL(`${hub.url}/admin/`);
    await other.close();
    expect(await dialog.locator('textarea').inputValue()).toBe('Not to be lost');
    await create.click();
    await announced(page, 'Added: Kept');
    expect(await page.evaluate('chosen.length')).toBe(1);
  });

  inTheBrowser('goes by touch on a phone, inside its screen', async () => {
    const page = await open(PHONE);
    await input(page).tap();
    await search(page, 'row', 'Row 10');
    expect(await placeOfList(page)).toBe('inside the screen');
    // As when the keyboard comes up.
    await page.setViewportSize({ width: PHONE.viewport.width, height: 380 });
    await eventually(async () => expect(await placeOfList(page)).toBe('inside the screen'));
    expect(Number(await page.evaluate('document.documentElement.scrollWidth'))).toBeLessThanOrEqual(360);
    await option(page, 'Row 12').tap();
    await announced(page, 'Added: Row 12');
    // The heading is too far from the input to be under the list.
    await page.locator('h1').tap();
    await eventually(async () => expect(await isOpen(page)).toBe(false));
    expect(await page.evaluate('chosen.map(({ text }) => text)')).toEqual(['Row 12']);
  });

  inTheBrowser('offers viewers nothing to make', async () => {
    const page = await open({}, 'viewer');
    await input(page).focus();
    await input(page).pressSequentially('nowhere');
    await announced(page, 'Nothing has “nowhere” in its title.');
    expect(await page.getByRole('option').count()).toBe(0);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    inTheBrowser(`has nothing that axe calls serious with the list open (${colorScheme})`, async () => {
      const page = await open({ colorScheme });
      await input(page).focus();
      await search(page, 'row', 'Row 10');
      await page.keyboard.press('ArrowDown');
      expect(await seriousProblems(page)).toEqual([]);
      await input(page).fill('nowhere');
      await announced(page, 'Nothing has “nowhere” in its title.');
      expect(await seriousProblems(page)).toEqual([]);
    });
  }
});
