/** The form of a page in a real browser, for tests that look at it. */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { logIn } from './admin.ts';
import { findChromium, openBrowser } from './chromium.ts';
import { type PageHub, startPageHub } from './page_hub.ts';
import { openWatchedPage } from './watched_page.ts';

/** Less than a test has, so that what was waited for is said. */
const PATIENCE_MS = 8000;
const TEST_MS_MAX = 40_000;

const isWithoutBrowser = findChromium() === undefined;

export interface PageBrowser {
  /** The hub; not before the tests run. */
  on(): PageHub;
  /** A test with a name that says when there is no browser. */
  check(name: string, work: () => Promise<void>): void;
  /** A browser of its own in which somebody has logged in; closed after the test. */
  enter(user?: string, options?: BrowserContextOptions): Promise<BrowserContext>;
  open(context: BrowserContext, path: string): Promise<Page>;
  /** What the contents of a page are called, A, B and C in one word. */
  storedOrder(id: number): Promise<string>;
}

/** Starts a hub, with an “Alpha film” and a “Beta film” beside its A, B and C, and a browser for the suite that calls it. What scripts throw and policies forbid fails each test. */
export function usePageBrowser(): PageBrowser {
  let on: PageHub;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const complaints: (readonly string[])[] = [];

  beforeAll(async () => {
    if (isWithoutBrowser) return;
    on = await startPageHub('sqlite');
    for (const title of ['Alpha film', 'Beta film']) await on.makeVideo(title);
    browser = await openBrowser();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    const said = complaints.splice(0).flat();
    // Chromium logs every answer that is an error; some tests ask for one.
    expect(said.filter((text) => !/status of (409|422)/.test(text))).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await on?.stop();
  });

  return {
    on: () => on,
    check(name, work) {
      const full = isWithoutBrowser ? `${name} (no Chromium on PATH or in CHROMIUM_PATH)` : name;
      test.skipIf(isWithoutBrowser)(full, work, TEST_MS_MAX);
    },
    async enter(user = 'editor', options = {}) {
      const context = await browser.newContext({ locale: 'en', viewport: { width: 1280, height: 900 }, ...options });
      contexts.push(context);
      context.setDefaultTimeout(PATIENCE_MS);
      const visitor = await logIn(on.hub, user);
      const [name = '', value = ''] = visitor.cookie().split('=');
      await context.addCookies([{ name, value, url: on.hub.url, httpOnly: true, sameSite: 'Lax' }]);
      return context;
    },
    async open(context, path) {
      const watched = await openWatchedPage(context, on.hub.url);
      complaints.push(watched.complaints);
      await watched.page.goto(`${on.hub.url}${path}`);
      return watched.page;
    },
    async storedOrder(id) {
      const names = new Map([
        [on.a, 'A'],
        [on.b, 'B'],
        [on.c, 'C'],
      ] as const);
      return ((await on.stored(id))?.contents ?? []).map((value) => names.get(value) ?? '?').join('');
    },
  };
}

export const rows = (page: Page): Locator => page.locator('.inlines-list > [data-row]');
export const titles = (page: Page): Promise<string[]> => rows(page).locator('[data-title]').allTextContents();
export const order = async (page: Page): Promise<string> => (await titles(page)).join('');
export const button = (page: Page, name: string | RegExp): Locator => page.getByRole('button', { name });
/** The address of a page's form. */
export const path = (id: number): string => `/admin/pages/${id}/`;

/** The places that the rows show. */
export function places(page: Page): Promise<string[]> {
  const inputs = rows(page).locator('.inline-place');
  return inputs.evaluateAll((all) => all.map((input) => ('value' in input ? String(input.value) : '')));
}

/** Waits until a screen reader has been told this. */
export function said(page: Page, text: string): Promise<void> {
  return page.locator('[data-live]', { hasText: text }).waitFor({ state: 'attached' });
}

/** Adds the first content that is found by this name. */
export async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Add contents' }).fill(name);
  await page.locator('[role=listbox]:not([aria-busy])').getByRole('option', { name }).first().click();
}

/** Saves, and waits for the form with what was said about it. */
export async function save(page: Page, title: string): Promise<void> {
  await button(page, 'Save and go on editing').click();
  await page.locator('.flash-success', { hasText: title }).waitFor();
}
